import { toBase64 } from '../../checksums/base64.ts'
import { type CrcAlgorithm, createCrc } from '../../checksums/crc.ts'
import { toHex } from '../../checksums/hex.ts'
import { SourceChangedError } from '../errors.ts'
import type { Identity, Source } from '../ports.ts'

/** What is read at once for a checksum: enough to be fast, little enough to keep. */
const BLOCK_BYTES = 1024 * 1024

/** Of its beginning and of its end, this much tells a file from another. */
const END_BYTES = 1024 * 1024

/**
 * A file that was picked or dropped. Its name, size and time of change are all that a browser tells; files that agree in them
 * are told apart by their ends.
 * @param name what it is sent as: a relative path where its folders count
 */
export function fileSource(file: File, name = file.name): Source<Blob> {
  const known = {
    name,
    size: String(file.size),
    lastModified: new Date(file.lastModified).toISOString(),
  }
  let identity: Identity | undefined
  return {
    name,
    size: file.size,
    contentType: file.type === '' ? undefined : file.type,
    id: JSON.stringify(known),
    async identify(signal) {
      identity ??= { ...known, ends: await endsOf(file, signal) }
      return identity
    },
    slice: (start, end) => file.slice(start, end),
    crc: (algorithm, start, end, signal) => crcOf(file, algorithm, start, end, signal),
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

async function endsOf(file: File, signal: AbortSignal): Promise<string> {
  const first = await crcOf(file, 'CRC64NVME', 0, Math.min(END_BYTES, file.size), signal)
  const last = await crcOf(file, 'CRC64NVME', Math.max(0, file.size - END_BYTES), file.size, signal)
  return `${toBase64(first)} ${toBase64(last)}`
}

async function crcOf(
  file: File,
  algorithm: CrcAlgorithm,
  start: number,
  end: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const crc = createCrc(algorithm)
  for await (const bytes of blocks(file, start, end, signal)) crc.update(bytes)
  return crc.digest()
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
