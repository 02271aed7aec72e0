import { stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'

/**
 * Where a download goes. The name that the object was uploaded with may hold anything: of it, only the last segment is used.
 * @param output a file, or a folder that exists. @default the current folder
 * @returns an absolute path
 */
export async function pathFor(output: string | undefined, fileName: string): Promise<string> {
  const name = basename(fileName.replaceAll('\\', '/').replaceAll('\0', '')) || 'download'
  const safe = name === '.' || name === '..' ? 'download' : name
  if (output === undefined) return resolve(safe)
  return (await isFolder(output)) ? join(resolve(output), safe) : resolve(output)
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
