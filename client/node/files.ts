import { type BigIntStats, constants } from 'node:fs'
import { type FileHandle, lstat, open } from 'node:fs/promises'
import { codeOf, NotRegularFileError } from './file-errors.ts'

const { O_RDWR, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants
/** Of a symbolic link as the last segment, by system. */
const LINK_CODES = ['ELOOP', 'EMLINK', 'EFTYPE']

/**
 * Opens a file for reading and writing. Of a symbolic link, nothing is followed: somebody else may have put it there.
 * @param mode of the file that is made where there is none; without, none is made
 * @throws {NotRegularFileError}
 */
export async function openOwn(path: string, mode?: number): Promise<FileHandle> {
  const flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | (mode === undefined ? 0 : O_CREAT)
  const handle = await open(path, flags, mode).catch((error) => {
    throw [...LINK_CODES, 'EISDIR', 'ENXIO'].includes(codeOf(error) ?? '')
      ? new NotRegularFileError(path)
      : error
  })
  if ((await handle.stat()).isFile()) return handle
  await handle.close()
  throw new NotRegularFileError(path)
}

/** All of them, although the system may take fewer at once. */
export async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written)
    written += bytesWritten
  }
}

/** @returns what has that name, itself rather than what it links to */
export function whatIs(path: string): Promise<BigIntStats | undefined> {
  return ifThere(lstat(path, { bigint: true }))
}

/** @returns `undefined` where there is nothing of that name */
export async function ifThere<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Whether two names are one file. */
export function isSame(a: BigIntStats | undefined, b: BigIntStats | undefined): boolean {
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev
}
