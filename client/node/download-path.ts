import { stat } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { PartwayError } from '../errors.ts'

/** The folder that a download was to go to does not exist. */
export class FolderMissingError extends PartwayError {
  override readonly name = 'FolderMissingError'

  constructor(path: string) {
    super(`Expected a folder at ${path}, found none. Make it first, or choose another.`, false)
  }
}

/**
 * Where a download goes. The name that the object was uploaded with may hold anything: of it, only the last segment is used.
 * @param output a file, or a folder that exists. @default the current folder
 * @returns an absolute path, in a folder that exists
 * @throws {FolderMissingError} where there is no folder for it, or a name that ends with a slash is none
 */
export async function pathFor(output: string | undefined, fileName: string): Promise<string> {
  const name = basename(fileName.replaceAll('\\', '/').replaceAll('\0', '')) || 'download'
  const safe = name === '.' || name === '..' ? 'download' : name
  if (output === undefined) return resolve(safe)
  const path = resolve(output)
  if (await isFolder(path)) return join(path, safe)
  const folder = output.endsWith('/') || output.endsWith(sep) ? path : dirname(path)
  if (!(await isFolder(folder))) throw new FolderMissingError(folder)
  return path
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
}
