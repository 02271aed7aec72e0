import { type CrcAlgorithm, createCrc } from '../../checksums/crc.ts'
import { toHex } from '../../checksums/hex.ts'
import { SourceChangedError } from '../errors.ts'

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

/**
 * Reads a blob in blocks, and hashes it, in this thread.
 * @throws {SourceChangedError} where the browser will not read the blob
 * @throws the signal's reason once that is aborted
 */
export async function hashHere(blob: Blob, request: HashRequest, signal: AbortSignal): Promise<Hashes> {
  const crc = request.crc && createCrc(request.crc)
  // Browsers load it only for stores that keep no checksum.
  const md5 = request.md5 ? (await import('../../checksums/md5.ts')).createMd5() : undefined
  for (let at = 0; at < blob.size; at += BLOCK_BYTES) {
    signal.throwIfAborted()
    const bytes = await readBytes(blob.slice(at, at + BLOCK_BYTES))
    signal.throwIfAborted()
    crc?.update(bytes)
    md5?.update(bytes)
  }
  return { crc: crc?.digest(), md5: md5 && toHex(md5.digest()) }
}

/** A browser refuses to read a file that has changed since it was picked. */
export async function readBytes(blob: Blob): Promise<Uint8Array> {
  let cause: unknown
  try {
    const buffer = await blob.arrayBuffer()
    if (buffer.byteLength === blob.size) return new Uint8Array(buffer)
  } catch (error) {
    cause = error
  }
  throw new SourceChangedError(
    'Expected the file as it was picked, got one that has changed or gone. Pick it again.',
    { cause },
  )
}
