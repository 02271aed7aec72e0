import { type PartPlan, partRange } from './part-plan.ts'
import type { SignedPart, SignedParts, SignedTemplate } from './schemas.ts'

/**
 * The URLs of an upload's parts differ only in part number and signature. So a window of contiguous parts travels as one
 * URL with `{partNumber}` and `{signature}` and the raw signatures: 43 bytes a part rather than 2 KB.
 */

const SIGNATURE_BYTES = 32

/** Packs what the presigner made for the parts `from` to `to`. @param signatures 32 bytes a part, concatenated */
export function packSignedParts(
  window: {
    from: number
    to: number
    urlTemplate: string
    signatures: Uint8Array
    headers: Record<string, string>
  },
  expiry: { expiresAt: string; expiresIn: number },
): SignedTemplate {
  const { from, to, urlTemplate, signatures, headers } = window
  return { urlTemplate, from, to, signatures: toBase64(signatures), headers, ...expiry }
}

/**
 * Every part of either form, as the PUT that sends it.
 * @throws {RangeError} where the signatures do not fit the window, or a part lies outside the plan
 */
export function* unpackSignedParts(signed: SignedParts, plan: PartPlan): Generator<SignedPart> {
  if ('parts' in signed) {
    yield* signed.parts
    return
  }
  const { urlTemplate, from, to, headers } = signed
  const signatures = fromBase64(signed.signatures)
  const expected = (to - from + 1) * SIGNATURE_BYTES
  if (signatures.length !== expected) {
    throw new RangeError(
      `Expected ${expected} bytes of signatures for the parts ${from} to ${to}, got ${signatures.length}.`,
    )
  }
  for (let partNumber = from; partNumber <= to; partNumber++) {
    const offset = (partNumber - from) * SIGNATURE_BYTES
    const signature = toHex(signatures.subarray(offset, offset + SIGNATURE_BYTES))
    const url = urlTemplate.replace('{partNumber}', String(partNumber)).replace('{signature}', signature)
    yield { partNumber, size: partRange(plan, partNumber).size, url, headers }
  }
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function toBase64(bytes: Uint8Array): string {
  const blocks: string[] = []
  for (let start = 0; start < bytes.length; start += 8192) {
    blocks.push(String.fromCharCode(...bytes.subarray(start, start + 8192)))
  }
  return btoa(blocks.join(''))
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}
