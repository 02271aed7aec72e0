import { stat } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { PartwayError } from '../errors.ts'
import { codeOf } from './file-errors.ts'
import { makeFolder } from './folder.ts'

/** The folder that a download was to go to does not exist. */
export class FolderMissingError extends PartwayError {
  override readonly name = 'FolderMissingError'

  constructor(path: string) {
    super(`Expected a folder at ${path}, found none. Make it first, or choose another.`, false)
  }
}

/** Where a folder was to be made, there is a file, or there is one on the way. */
export class FolderTakenError extends PartwayError {
  override readonly name = 'FolderTakenError'

  constructor(path: string, options?: ErrorOptions) {
    super(
      `Expected a folder at ${path}, or to make one, found a file in its place. Move it away, or choose another.`,
      false,
      options,
    )
  }
}

/**
 * Where a download goes. The name that the object was uploaded with may hold anything: of it, only the last segment is used.
 * @param output a file, or a folder that exists. @default the current folder
 * @param createFolders whether folders are made: `output` is a file's then, unless it ends with a slash
 * @returns an absolute path, in a folder that exists
 * @throws {FolderMissingError} where there is no folder for it, or a name that ends with a slash is none
 * @throws {FolderTakenError} where a folder was to be made, and cannot
 */
export async function pathFor(
  output: string | undefined,
  fileName: string,
  createFolders = false,
): Promise<string> {
  const name = basename(fileName.replaceAll('\\', '/').replaceAll('\0', '')) || 'download'
  const safe = name === '.' || name === '..' ? 'download' : name
  if (output === undefined) return resolve(safe)
  const path = resolve(output)
  const namesFolder = output.endsWith('/') || output.endsWith(sep)
  if (createFolders) {
    await makeFolders(namesFolder ? path : dirname(path))
    return namesFolder ? join(path, safe) : path
  }
  if (await isFolder(path)) return join(path, safe)
  const folder = namesFolder ? path : dirname(path)
  if (!(await isFolder(folder))) throw new FolderMissingError(folder)
  return path
}

async function makeFolders(path: string): Promise<void> {
  try {
    await makeFolder(path, 0o777)
  } catch (cause) {
    if (['EEXIST', 'ENOTDIR'].includes(codeOf(cause) ?? '')) throw new FolderTakenError(path, { cause })
    throw cause
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) return false
    throw error
  }
}
