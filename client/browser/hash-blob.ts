import { toHex } from '../../checksums/hex.ts'
import type { Hashes } from './hash-here.ts'

/** Something that takes bytes, which may be reused afterwards. */
export interface Hash {
  update(bytes: Uint8Array): unknown
  digest(): Uint8Array
}

/** What is read at once. */
const BLOCK_BYTES = 1024 * 1024

/**
 * Reads a blob once, in blocks, and hashes it: for workers, which several parts share.
 * @throws {DOMException} where the browser will not read the blob
 * @throws where it reads only some of it
 * @throws the signal's reason once that is aborted
 */
export async function hashBlob(
  blob: Blob,
  { crc, md5 }: { readonly crc?: Hash | undefined; readonly md5?: Hash | undefined },
  signal: AbortSignal,
): Promise<Hashes> {
  let size = 0
  for await (const bytes of supportsByob() ? readStream(blob) : readSlices(blob)) {
    signal.throwIfAborted()
    crc?.update(bytes)
    md5?.update(bytes)
    size += bytes.length
  }
  if (size !== blob.size) throw new RangeError(`Expected ${blob.size} bytes, got ${size}.`)
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
