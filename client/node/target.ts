import { createHash } from 'node:crypto'
import { link, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { FileExistsError, NotRegularFileError } from './file-errors.ts'
import { ifThere, isSame, whatIs } from './files.ts'
import { syncFolder } from './folder.ts'

/** In UTF-8: what most file systems allow a name. */
const LONGEST_NAME_BYTES = 255
/** Of a part file, and of its journal. */
const LONGEST_SUFFIX_BYTES = '.part.journal'.length
const HASH_DIGITS = 16

/** Beside the file to be, so that giving it its name moves no bytes; by a shorter one where there is no room for more. */
export function partPathOf(path: string): string {
  const name = basename(path)
  const room = LONGEST_NAME_BYTES - LONGEST_SUFFIX_BYTES
  if (Buffer.byteLength(name) <= room) return `${path}.part`
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_DIGITS)
  return join(dirname(path), `${beginningOf(name, room - 1 - HASH_DIGITS)}.${hash}.part`)
}

/**
 * Where a file is to stand, with no link in between.
 * @param replace whether a file of that name may be replaced; of a symbolic link, the file that it leads to is
 * @throws {FileExistsError} unless it may be replaced, or is the part file already, of a run that was killed while it gave it its name
 * @throws {NotRegularFileError}
 */
export async function placeFor(path: string, replace: boolean): Promise<string> {
  const there = await whatIs(path)
  if (!there) return path
  const behind = await ifThere(stat(path))
  if (!behind?.isFile()) throw new NotRegularFileError(path)
  if (!replace && !isSame(there, await whatIs(partPathOf(path)))) throw new FileExistsError(path)
  return realpath(path)
}

/**
 * Gives a file that is whole and on the disk its name, in place of that of its part file.
 * @throws {FileExistsError} where another file took the name meanwhile, unless it may be replaced
 * @throws {NotRegularFileError} where something else did
 */
export async function giveName(part: string, place: string, replace: boolean): Promise<void> {
  await placeFor(place, replace)
  const named = isSame(await whatIs(part), await whatIs(place))
  if (replace && !named) await rename(part, place)
  else if (!named) await linkToNew(part, place)
  // Until the name is on the disk, so has to be the other one.
  await syncNames(place)
  await rm(part, { force: true })
}

/** @returns as many whole characters as fit */
function beginningOf(name: string, bytes: number): string {
  return new TextDecoder().decode(Buffer.from(name).subarray(0, bytes), { stream: true })
}

/** Puts on the disk which names are beside a file, its own among them. */
export function syncNames(path: string): Promise<void> {
  return syncFolder(dirname(path))
}

/** A hard link is the one way to take a name only if it is free; where the file system has none, the check has to do. */
async function linkToNew(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (cause) {
    if (await whatIs(to)) throw new FileExistsError(to, { cause })
    await rename(from, to)
  }
}
