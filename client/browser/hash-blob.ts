import { type CrcAlgorithm, createCrc } from '../../checksums/crc.ts'
import { toHex } from '../../checksums/hex.ts'

/** What is wanted of the bytes of a body. */
export interface HashRequest {
  readonly crc?: CrcAlgorithm | undefined
  readonly md5?: boolean | undefined
}

export interface Hashes {
  readonly crc?: Uint8Array | undefined
  /** In hex. */
  readonly md5?: string | undefined
}

/** What is read at once: hashed in a millisecond, so that a page's thread has time for other things in between. */
export const BLOCK_BYTES = 1024 * 1024

/** How browsers call a file that is not what it was when it was picked. */
const NOT_READABLE = 'NotReadableError'

/**
 * Reads a blob once, in blocks, and hashes it.
 * @throws {DOMException} where the browser will not read the blob, or only some of it
 * @throws the signal's reason once that is aborted
 */
export async function hashBlob(
  blob: Blob,
  { crc: algorithm, md5: wantsMd5 }: HashRequest,
  signal: AbortSignal,
): Promise<Hashes> {
  signal.throwIfAborted()
  const crc = algorithm && createCrc(algorithm)
  const md5 = wantsMd5 ? (await import('../../checksums/md5.ts')).createMd5() : undefined
  let size = 0
  for await (const bytes of supportsByob() ? readStream(blob) : readSlices(blob)) {
    signal.throwIfAborted()
    crc?.update(bytes)
    md5?.update(bytes)
    size += bytes.length
  }
  if (size !== blob.size) throw new DOMException(`Expected ${blob.size} bytes, got ${size}.`, NOT_READABLE)
  return { crc: crc?.digest(), md5: md5 && toHex(md5.digest()) }
}

/** Chromium (149) collects a blob's stream as garbage although a read is pending, which then never ends: so they are held here. */
const readers = new Set<ReadableStreamBYOBReader>()

/** One buffer, used again and again: a stream's own would be garbage, hundreds of megabytes of it. */
async function* readStream(blob: Blob): AsyncGenerator<Uint8Array> {
  const reader = blob.stream().getReader({ mode: 'byob' })
  readers.add(reader)
  try {
    for (let view = new Uint8Array(BLOCK_BYTES); ; ) {
      const { value, done } = await reader.read(view)
      if (done) return
      yield value
      view = new Uint8Array(value.buffer)
    }
  } finally {
    readers.delete(reader)
    await reader.cancel().catch(() => {})
  }
}

async function* readSlices(blob: Blob): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < blob.size; at += BLOCK_BYTES) {
    yield new Uint8Array(await blob.slice(at, at + BLOCK_BYTES).arrayBuffer())
  }
}

/** Not in every Safari. */
function supportsByob(): boolean {
  return 'ReadableStreamBYOBReader' in globalThis
}
