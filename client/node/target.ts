import { type FileHandle, link, open, rename, rm, stat } from 'node:fs/promises'
import { PartwayError } from '../errors.ts'

/** There is a file of that name already. */
export class FileExistsError extends PartwayError {
  override readonly name = 'FileExistsError'

  constructor(path: string, options?: ErrorOptions) {
    super(
      `Expected no file at ${path}, found one. Choose another name, or say that it may be replaced.`,
      false,
      options,
    )
  }
}

/** A file that comes into being under its own name only when it is whole; until then it is called `NAME.part`. */
export interface Target {
  /** Any number of writes at once, by position. */
  write(bytes: Uint8Array, position: number): Promise<void>
  /**
   * Puts everything on the disk, then gives the file its name.
   * @throws {FileExistsError} where another file took the name meanwhile, unless it may be replaced
   */
  finish(): Promise<void>
  /** Closes the file; one that is not finished leaves nothing behind. */
  close(): Promise<void>
}

/**
 * @param replace whether a file of that name may be replaced
 * @throws {FileExistsError}
 */
export async function openTarget(path: string, replace: boolean): Promise<Target> {
  if (!replace && (await exists(path))) throw new FileExistsError(path)
  const part = `${path}.part`
  const handle = await open(part, 'w')
  let finished = false
  return {
    write: (bytes, position) => writeAll(handle, bytes, position),
    async finish() {
      await handle.sync()
      if (replace) await rename(part, path)
      else await renameToNew(part, path)
      finished = true
    },
    async close() {
      await handle.close()
      if (!finished) await rm(part, { force: true })
    },
  }
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written)
    written += bytesWritten
  }
}

/** A hard link is the one way to take a name only if it is free; some file systems have none. */
async function renameToNew(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (cause) {
    if (await exists(to)) throw new FileExistsError(to, { cause })
    return rename(from, to)
  }
  await rm(from)
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
