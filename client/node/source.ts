import { createHash } from 'node:crypto'
import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { SourceChangedError } from '../errors.ts'
import type { Source } from '../ports.ts'
import { compareIdentity } from '../resume.ts'
import { BLOCK_BYTES } from './blocks.ts'
import { createCrc } from './hashing.ts'

/** Of no effect on a regular file; but to open a named pipe would otherwise wait for somebody to write to it. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK

/** A range of an open file, read by position: any number of lanes share the handle. */
export interface FileSlice {
  readonly size: number
  /**
   * Fills a buffer.
   * @param offset within the slice
   * @throws {SourceChangedError} where the file has become shorter
   */
  read(buffer: Uint8Array, offset: number): Promise<void>
}

export interface FileSource extends Source<FileSlice> {
  close(): Promise<void>
}

/**
 * Opens a file to be sent. It is the same file as long as its size, its time of change in ns and its inode are.
 * @throws the file system's own error; `EISDIR` for what is no regular file
 */
export async function openFile(path: string): Promise<FileSource> {
  const absolute = resolve(path)
  const handle = await open(absolute, FLAGS)
  const stats = await handle.stat({ bigint: true })
  if (!stats.isFile()) {
    await handle.close()
    throw Object.assign(new Error(`Expected a file, got a folder, a pipe or a device: ${path}`), {
      code: 'EISDIR',
    })
  }
  const name = basename(absolute)
  const size = Number(stats.size)
  const identity = identityOf(stats)
  const slice = (start: number, end: number) => fileSlice(handle, name, start, end)
  return {
    name,
    size,
    id: absolute,
    identify: async () => identity,
    slice,
    async crc(algorithm, start, end, signal) {
      const crc = createCrc(algorithm)
      for await (const bytes of blocks(slice(start, end), signal)) crc.update(bytes)
      return crc.digest()
    },
    async md5(start, end, signal) {
      const md5 = createHash('md5')
      for await (const bytes of blocks(slice(start, end), signal)) md5.update(bytes)
      return md5.digest('hex')
    },
    async verify() {
      compareIdentity(name, identity, identityOf(await handle.stat({ bigint: true })))
      compareIdentity(name, identity, await identityAt(absolute, name))
      return 'same'
    },
    close: () => handle.close(),
  }
}

/** One buffer for all of them. */
async function* blocks(range: FileSlice, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const block = new Uint8Array(Math.min(BLOCK_BYTES, range.size))
  for (let at = 0; at < range.size; at += block.length) {
    signal.throwIfAborted()
    const bytes = block.subarray(0, range.size - at)
    await range.read(bytes, at)
    yield bytes
  }
}

function fileSlice(handle: FileHandle, name: string, start: number, end: number): FileSlice {
  return {
    size: end - start,
    async read(buffer, offset) {
      for (let filled = 0; filled < buffer.length; ) {
        const rest = buffer.subarray(filled)
        const { bytesRead } = await handle.read(rest, 0, rest.length, start + offset + filled)
        if (bytesRead === 0) {
          throw new SourceChangedError(
            `Expected ${name} to reach to byte ${end}, got its end at ${start + offset + filled}: it has become shorter.`,
          )
        }
        filled += bytesRead
      }
    },
  }
}

async function identityAt(path: string, name: string): Promise<Record<string, string>> {
  try {
    return identityOf(await stat(path, { bigint: true }))
  } catch (cause) {
    throw new SourceChangedError(`Expected ${name} where it was, got no file there. Put it back.`, { cause })
  }
}

function identityOf({ size, mtimeNs, ino }: BigIntStats): Record<string, string> {
  return { size: String(size), changed: timeOf(mtimeNs), inode: String(ino) }
}

/** To the nanosecond, and readable: it stands in the message when it differs. */
function timeOf(nanoseconds: bigint): string {
  const seconds = new Date(Number(nanoseconds / 1_000_000_000n) * 1000).toISOString().slice(0, 19)
  return `${seconds}.${String(nanoseconds % 1_000_000_000n).padStart(9, '0')}Z`
}
