import type { BigIntStats } from 'node:fs'
import { opendir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { Filter } from './filter.ts'

/** What is in a folder, one after another: a folder of a million files is not held. */
export type Found = FoundFile | OddOne

export interface FoundFile {
  readonly kind: 'file'
  readonly path: string
  /** What it is called where it goes: relative, with `/` between its folders. */
  readonly name: string
  readonly stats: BigIntStats
}

/** What is left out, and why. */
export interface OddOne {
  readonly kind: 'odd'
  readonly path: string
  readonly error: unknown
}

/** It was found, and is nothing that could be sent: that it is left out is no failure. */
export class LeftOutError extends Error {
  override readonly name = 'LeftOutError'
}

/** A folder on the way to where the walk is. */
interface Folder {
  readonly path: string
  readonly name: string
  readonly stats: BigIntStats
}

/**
 * A file, or all files of a folder and of those in it. A folder that is named with a slash at its end, or as `.`, is not part of the names.
 * Links are followed.
 * @param path as a person gave it
 * @param name without its folders. @default the path's
 */
export async function* findFiles(
  path: string,
  filter: Filter,
  name: string = nameOf(path),
): AsyncGenerator<Found> {
  yield* look({ path, name, parents: [] }, filter)
}

function nameOf(path: string): string {
  return /(^|[/\\])\.{0,2}$/.test(path) ? '' : basename(resolve(path))
}

async function* look(
  { path, name, parents }: { path: string; name: string; parents: readonly Folder[] },
  filter: Filter,
): AsyncGenerator<Found> {
  try {
    const stats = await stat(path, { bigint: true })
    if (stats.isDirectory()) {
      const loop = parents.find((parent) => parent.stats.ino === stats.ino && parent.stats.dev === stats.dev)
      if (loop) throw new LeftOutError(`it leads back to ${loop.path}. Left out.`)
      if (name === '' || !filter.leavesOut(name)) yield* walk({ path, name, stats }, parents, filter)
    } else if (filter.takes(name)) {
      if (!stats.isFile()) {
        throw new LeftOutError('it is no regular file but a pipe, a socket or a device. Left out.')
      }
      yield { kind: 'file', path, name, stats }
    }
  } catch (error) {
    yield { kind: 'odd', path, error }
  }
}

async function* walk(folder: Folder, parents: readonly Folder[], filter: Filter): AsyncGenerator<Found> {
  for await (const entry of await opendir(folder.path)) {
    const name = folder.name === '' ? entry.name : `${folder.name}/${entry.name}`
    if (entry.isFile() && !filter.takes(name)) continue
    yield* look({ path: join(folder.path, entry.name), name, parents: [...parents, folder] }, filter)
  }
}
