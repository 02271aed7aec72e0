import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { SourceChangedError } from '../errors.ts'
import type { Source } from '../ports.ts'
import { BLOCK_BYTES } from './blocks.ts'
import { FileIdentity } from './file-identity.ts'
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

export interface OpenFileOptions {
  /** What it is to be called: a relative path keeps its folders, as in `films/a.mov`. @default the file's own name */
  readonly name?: string | undefined
  /** @default none is sent, and the store has one of its own */
  readonly contentType?: string | undefined
}

/**
 * Opens a file to be sent. It is the same file as long as its size, its time of change in ns and its inode are; whatever else
 * touches it (a rename, new permissions) also tells of an edit that hides itself, see {@link Source.verify}.
 * @throws {TypeError} for a name that is none
 * @throws the file system's own error; `EISDIR` for what is no regular file
 */
export async function openFile(
  path: string,
  { name: wanted, contentType }: OpenFileOptions = {},
): Promise<FileSource> {
  if (wanted !== undefined) requireName(wanted)
  const absolute = resolve(path)
  const handle = await open(absolute, FLAGS)
  const stats = await handle.stat({ bigint: true })
  if (!stats.isFile()) {
    await handle.close()
    throw Object.assign(new Error(`Expected a file, got a folder, a pipe or a device: ${path}`), {
      code: 'EISDIR',
    })
  }
  const name = wanted ?? basename(absolute)
  const identity = await FileIdentity.of(name, absolute, handle, stats)
  const size = Number(identity.current.size)
  const slice = (start: number, end: number) => fileSlice(handle, name, start, end)
  return {
    name,
    size,
    contentType,
    id: absolute,
    identify: async () => identity.current,
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
    verify: () => identity.verify(),
    close: () => handle.close(),
  }
}

/** @throws {TypeError} */
function requireName(name: string): void {
  if (name !== '' && name.toWellFormed() === name) return
  throw new TypeError(`Expected a name for the file, in Unicode, got ${JSON.stringify(name)}. Give another.`)
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
