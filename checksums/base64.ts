/** Standard base64 with padding (RFC 4648, section 4), as S3 writes checksums. */
export function toBase64(bytes: Uint8Array): string {
  let binary = ''
  for (let at = 0; at < bytes.length; at += ARGUMENTS_PER_CALL) {
    binary += String.fromCharCode(...bytes.subarray(at, at + ARGUMENTS_PER_CALL))
  }
  return btoa(binary)
}

/** @throws TypeError where the text is not base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  let binary: string
  try {
    binary = atob(text)
  } catch (cause) {
    throw new TypeError(`expected base64, got ${JSON.stringify(text.slice(0, 40))}`, { cause })
  }
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}

/** Engines limit the arguments of one call; all of them take this many. */
const ARGUMENTS_PER_CALL = 8192
