import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ControlPlane } from '../client/control-plane.ts'
import { isFolderMarker, relativePathOf } from '../client/node/index.ts'
import type { PlaceKind } from './command.ts'
import type { OddOne } from './files.ts'
import type { Filter } from './filter.ts'
import type { Task } from './sweep.ts'
import { versionOf } from './uploads.ts'

/** An object that a command line names, itself or by a prefix. */
export interface DownloadTask extends Task {
  readonly key: string
  /** Where the list tells it. */
  readonly etag: string | undefined
  /** Where below the output folder it goes, once its own file name is known. */
  pathFor(fileName: string): string
  /** Whether it only stands for a folder. */
  readonly isFolder: boolean
}

/** There is no object that a command line could mean. */
export class NothingThereError extends Error {
  override readonly name = 'NothingThereError'
}

export interface Search {
  readonly api: ControlPlane
  /** Keys; those that end in a slash, and an empty one, are prefixes. */
  readonly keys: readonly string[]
  /** Whether keys are people's own: the API's have the file's name in metadata, with its folders. */
  readonly ownKeys: boolean
  readonly filter: Filter
  readonly signal: AbortSignal
}

export function isPrefix(key: string): boolean {
  return key === '' || key.endsWith('/')
}

/** All objects that are meant, as they are listed: page by page. */
export async function* findDownloads(search: Search): AsyncGenerator<DownloadTask | OddOne> {
  for (const key of search.keys) {
    if (isPrefix(key)) yield* listed(key, search)
    else
      yield taskOf(search.keys.length === 1 ? lastOf(key) : key, { key, size: 0 }, (fileName) =>
        lastOf(search.ownKeys ? key : fileName),
      )
  }
}

async function* listed(prefix: string, search: Search): AsyncGenerator<DownloadTask | OddOne> {
  try {
    yield* below(prefix, search)
  } catch (error) {
    yield { kind: 'odd', path: prefix || 'the bucket', error }
  }
}

async function* below(
  prefix: string,
  { api, ownKeys, filter, signal }: Search,
): AsyncGenerator<DownloadTask | OddOne> {
  let found = 0
  let cursor: string | undefined
  do {
    const page = await api.listObjects({ prefix, cursor }, signal)
    for (const object of page.objects) {
      found++
      // The object that stands for the folder itself.
      if (object.key === prefix && isFolderMarker(object)) continue
      const path = relativePathOf(object.key, prefix)
      if (!filter.takes(ownKeys ? path : object.fileName)) continue
      yield taskOf(path, object, (fileName) => (ownKeys ? path : relativePathOf(fileName)))
    }
    cursor = page.next
  } while (cursor !== undefined)
  if (found > 0) return
  const error = new NothingThereError('Expected objects below it, found none. Check the name.')
  yield { kind: 'odd', path: prefix || 'the bucket', error }
}

/**
 * Where the only object of a command line goes. A person's own key says its name; an object of the API's tells it.
 * @param output a file, or a folder. @default the current folder
 * @returns `undefined` for the object's own name in the current folder
 */
export async function soleOutput(
  task: DownloadTask,
  output: string | undefined,
  kind: PlaceKind,
): Promise<string | undefined> {
  if (kind === 'api') return output
  const namesFolder = output === undefined || output.endsWith('/') || (await isFolder(output))
  return namesFolder ? join(output ?? '.', task.pathFor('')) : output
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
}

function taskOf(
  path: string,
  { key, size, etag }: { readonly key: string; readonly size: number; readonly etag?: string | undefined },
  pathFor: DownloadTask['pathFor'],
): DownloadTask {
  return { kind: 'file', path, key, bytes: size, etag, pathFor, isFolder: isFolderMarker({ key, size }) }
}

function lastOf(name: string): string {
  return relativePathOf(name.slice(name.lastIndexOf('/') + 1))
}

/** What the file of that path is; `undefined` where there is none. */
export async function versionAt(path: string): Promise<string | undefined> {
  return stat(path, { bigint: true }).then(versionOf, () => undefined)
}
