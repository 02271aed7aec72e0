import type { Stats } from 'node:fs'
import { type FileHandle, link, lstat, realpath, rename, rm, stat } from 'node:fs/promises'
import { PartwayError } from '../errors.ts'
import { createPartFile } from './part-file.ts'

/** There is a file of that name already. */
export class FileExistsError extends PartwayError {
  override readonly name = 'FileExistsError'
  readonly path: string

  constructor(path: string, options?: ErrorOptions) {
    super(
      `Expected no file at ${path}, found one. Choose another name, or say that it may be replaced.`,
      false,
      options,
    )
    this.path = path
  }
}

/** What has that name is no file whose bytes could be replaced: a folder, a device, a link to nothing. */
export class NotRegularFileError extends PartwayError {
  override readonly name = 'NotRegularFileError'

  constructor(path: string) {
    super(
      `Expected a regular file at ${path}, or none, found a folder, a device or a link to nothing. Choose another name.`,
      false,
    )
  }
}

/** A file that comes into being under its own name only when it is whole; until then it has a name of its own. */
export interface Target {
  /** Any number of writes at once, by position. */
  write(bytes: Uint8Array, position: number): Promise<void>
  /**
   * Puts everything on the disk, then gives the file its name.
   * @throws {FileExistsError} where another file took the name meanwhile, unless it may be replaced
   * @throws {NotRegularFileError} where something else did
   */
  finish(): Promise<void>
  /** Closes the file; one that is not finished leaves nothing behind. */
  close(): Promise<void>
}

/**
 * @param replace whether a file of that name may be replaced; of a symbolic link, the file that it leads to is
 * @throws {FileExistsError}
 * @throws {NotRegularFileError}
 */
export async function openTarget(path: string, replace: boolean): Promise<Target> {
  const place = await placeFor(path, replace)
  const { path: part, handle } = await createPartFile(place)
  let finished = false
  return {
    write: (bytes, position) => writeAll(handle, bytes, position),
    async finish() {
      await handle.sync()
      await placeFor(place, replace)
      if (replace) await rename(part, place)
      else await renameToNew(part, place)
      finished = true
    },
    async close() {
      await handle.close()
      if (!finished) await rm(part, { force: true })
    },
  }
}

/** @returns where the file itself is to stand, with no link in between */
async function placeFor(path: string, replace: boolean): Promise<string> {
  if (!(await ifThere(lstat(path)))) return path
  const behind = await ifThere(stat(path))
  if (!behind?.isFile()) throw new NotRegularFileError(path)
  if (!replace) throw new FileExistsError(path)
  return realpath(path)
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written)
    written += bytesWritten
  }
}

/** A hard link is the one way to take a name only if it is free; where the file system has none, the check has to do. */
async function renameToNew(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (cause) {
    if (await ifThere(lstat(to))) throw new FileExistsError(to, { cause })
    return rename(from, to)
  }
  await rm(from)
}

async function ifThere(stats: Promise<Stats>): Promise<Stats | undefined> {
  try {
    return await stats
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
