import type { BigIntStats } from 'node:fs'
import { glob, lstat, stat } from 'node:fs/promises'
import { basename, relative, resolve, sep } from 'node:path'
import { type Found, type FoundFile, findFiles } from './files.ts'
import type { Filter } from './filter.ts'

/** A file that a command line names, itself or by its folder, and where it goes. */
export interface UploadTask extends FoundFile {
  /** Straight to S3; the API makes its own. */
  readonly key: string | undefined
  readonly bytes: number
}

/** What a file is as long as nobody writes to it, or puts another in its place. */
export function versionOf({ size, mtimeNs, ctimeNs, ino }: BigIntStats): string {
  return [size, mtimeNs, ctimeNs, ino].join(' ')
}

/** No file is called so. */
export class UnmatchedError extends Error {
  override readonly name = 'UnmatchedError'
}

/** Two files would have the same key, and one of them would be lost. */
export class SameKeyError extends Error {
  override readonly name = 'SameKeyError'
}

const PATTERN = /[*?[\]{}]/

/**
 * All files that are meant, as they are found.
 * @param place straight to S3, the key that was named: of the one file that there is, or what stands before all names
 */
export async function* findUploads(
  operands: readonly string[],
  filter: Filter,
  place: string | undefined,
): AsyncGenerator<UploadTask | Exclude<Found, FoundFile>> {
  const [only, ...others] = operands
  // Within one folder no name comes twice, and there may be millions.
  const mayMeet = others.length > 0 || PATTERN.test(only ?? '')
  const paths = new Set<string>()
  const names = new Map<string, string>()
  for (const operand of operands) {
    for await (const found of told(operand, filter)) {
      if (found.kind === 'odd') {
        yield found
        continue
      }
      const { path, name } = found
      const isSole = others.length === 0 && path === only
      const key = place === undefined ? undefined : keyOf(place, name, isSole)
      const absolute = resolve(path)
      if (mayMeet) {
        if (paths.has(absolute)) continue
        paths.add(absolute)
        const other = key === undefined ? undefined : names.get(key)
        if (other !== undefined) yield { kind: 'odd', path, error: sameKey(other, key) }
        if (other !== undefined) continue
        if (key !== undefined) names.set(key, path)
      }
      yield { ...found, key, bytes: Number(found.stats.size) }
    }
  }
}

function keyOf(place: string, name: string, isSole: boolean): string {
  if (place === '' || place.endsWith('/')) return place + name
  return isSole ? place : `${place}/${name}`
}

function sameKey(other: string, key: string | undefined): SameKeyError {
  return new SameKeyError(
    `Expected a key of its own, got ${key}, which ${other} has. Upload them to different places.`,
  )
}

async function* told(operand: string, filter: Filter): AsyncGenerator<Found> {
  try {
    yield* findOperand(operand, filter)
  } catch (error) {
    yield { kind: 'odd', path: operand, error }
  }
}

async function* findOperand(operand: string, filter: Filter): AsyncGenerator<Found> {
  if (!PATTERN.test(operand) || (await isThere(operand))) {
    yield* findFiles(operand, filter)
    return
  }
  // What is in a folder fits such a pattern itself, and is called as it is below what the pattern leaves open.
  const isDeep = operand.includes('**')
  const folder = isDeep ? literalFolder(operand) : ''
  let matches = 0
  for await (const path of glob(operand)) {
    matches++
    if (!isDeep) yield* findFiles(path, filter, basename(path))
    else if (!(await isFolder(path))) {
      yield* findFiles(path, filter, relative(folder, path).replaceAll(sep, '/'))
    }
  }
  if (matches === 0) {
    yield { kind: 'odd', path: operand, error: new UnmatchedError('no file fits this pattern. Check it.') }
  }
}

function literalFolder(pattern: string): string {
  const segments = pattern.split('/')
  return (
    segments
      .slice(
        0,
        segments.findIndex((segment) => PATTERN.test(segment)),
      )
      .join('/') || (pattern.startsWith('/') ? '/' : '.')
  )
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
