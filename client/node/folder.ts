import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { codeOf } from './file-errors.ts'

/**
 * Makes a folder, where there is none, and those that it is in, so that they outlast a loss of power.
 * @param mode of those that are made. @default for their owner's eyes only
 */
export async function makeFolder(path: string, mode = 0o700): Promise<void> {
  const folder = resolve(path)
  const first = await mkdir(folder, { recursive: true, mode })
  if (first === undefined) return
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made))
}

/** What file systems and permissions say where this cannot be had. */
const CANNOT = ['EINVAL', 'ENOTSUP', 'EPERM', 'EACCES', 'EBADF']

/** Puts on the disk which names are in a folder: as far as the file system can, and we may read the folder. */
export async function syncFolder(path: string): Promise<void> {
  let handle: FileHandle | undefined
  try {
    handle = await open(path)
    await handle.sync()
  } catch (error) {
    if (!CANNOT.includes(codeOf(error) ?? '')) throw error
  } finally {
    await handle?.close()
  }
}
