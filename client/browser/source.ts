import { createCrc } from '../../checksums/crc.ts'
import { toHex } from '../../checksums/hex.ts'
import { SourceChangedError } from '../errors.ts'
import type { Source } from '../ports.ts'

/** What is read at once for a checksum: enough to be fast, little enough to keep. */
const BLOCK_BYTES = 1024 * 1024

/** A file that was picked or dropped. Its name, size and time of change are all that a browser tells. */
export function fileSource(file: File): Source<Blob> {
  const identity = {
    name: file.name,
    size: String(file.size),
    lastModified: new Date(file.lastModified).toISOString(),
  }
  return {
    name: file.name,
    size: file.size,
    contentType: file.type === '' ? undefined : file.type,
    id: JSON.stringify(identity),
    identify: async () => identity,
    slice: (start, end) => file.slice(start, end),
    async crc(algorithm, start, end, signal) {
      const crc = createCrc(algorithm)
      for await (const bytes of blocks(file, start, end, signal)) crc.update(bytes)
      return crc.digest()
    },
    async md5(start, end, signal) {
      const { createMd5 } = await import('../../checksums/md5.ts')
      const md5 = createMd5()
      for await (const bytes of blocks(file, start, end, signal)) md5.update(bytes)
      return toHex(md5.digest())
    },
    async verify() {
      await readBytes(file, file.slice(0, 1))
      return 'same'
    },
  }
}

async function* blocks(
  file: File,
  start: number,
  end: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end; at += BLOCK_BYTES) {
    signal.throwIfAborted()
    yield await readBytes(file, file.slice(at, Math.min(at + BLOCK_BYTES, end)))
  }
}

/** A browser refuses to read a file that has changed since it was picked. */
async function readBytes(file: File, blob: Blob): Promise<Uint8Array> {
  let buffer: ArrayBuffer
  try {
    buffer = await blob.arrayBuffer()
  } catch (cause) {
    throw new SourceChangedError(
      `Expected ${file.name} as it was picked, got a file that has changed or gone. Pick it again.`,
      { cause },
    )
  }
  if (buffer.byteLength !== blob.size) {
    throw new SourceChangedError(`Expected ${blob.size} bytes of ${file.name}, got ${buffer.byteLength}.`)
  }
  return new Uint8Array(buffer)
}
