import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import { createLines } from '../client/lines.ts'
import { makeFolder } from '../client/node/folder.ts'
import { openLineFile } from '../client/node/line-file.ts'
import { takeLock } from '../client/node/lock.ts'
import { Batches } from './batches.ts'

/** What a run was asked for. Holds no secrets: those come from the environment alone. */
export interface RunStart {
  readonly command: 'upload' | 'download'
  /** What was named. */
  readonly operands: readonly string[]
  /** The words of the command that goes on with it. */
  readonly words: readonly string[]
  /** The folder in which it was given. */
  readonly cwd: string
  /** Time of day. */
  readonly begun: string
}

/** A file that needs nothing any more, as long as it is what it was. */
export interface DoneFile {
  /** Which one: a path to be uploaded, a key to be downloaded. */
  readonly item: string
  /** What it was there: see `versionOf`, or an ETag. */
  readonly version: string
  readonly bytes: number
  /** Under which it was uploaded. */
  readonly key?: string | undefined
  /** Where it was downloaded to. */
  readonly path?: string | undefined
  /** What that file was then. */
  readonly file?: string | undefined
}

export type RunEntry =
  | ({ readonly type: 'run' } & RunStart)
  /** All that there is to do. */
  | { readonly type: 'found'; readonly files: number; readonly bytes: number }
  /** A download of some size has begun: what there is of it is beside that path. */
  | { readonly type: 'begun'; readonly path: string; readonly size: number }
  | ({ readonly type: 'done' } & DoneFile)

/** What one run of several files has done, across the processes that work at it: one of them at a time. */
export interface RunJournal {
  /** By item, what an earlier process has done. */
  readonly done: ReadonlyMap<string, DoneFile>
  /** Why what was there cannot be believed, where that is so. */
  readonly damage: string | undefined
  /** Resolves when it is on the disk. */
  add(entry: RunEntry): Promise<void>
  /** Forgets it all: there is nothing left to do. */
  finish(): Promise<void>
  /** Keeps it. */
  close(): Promise<void>
}

const Count = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

const Entry = v.variant('type', [
  v.object({
    type: v.literal('run'),
    command: v.picklist(['upload', 'download']),
    operands: v.array(v.string()),
    words: v.array(v.string()),
    cwd: v.string(),
    begun: v.string(),
  }),
  v.object({ type: v.literal('found'), files: Count, bytes: Count }),
  v.object({ type: v.literal('begun'), path: v.string(), size: Count }),
  v.object({
    type: v.literal('done'),
    item: v.string(),
    version: v.string(),
    bytes: Count,
    key: v.optional(v.string()),
    path: v.optional(v.string()),
    file: v.optional(v.string()),
  }),
])

export const runLines = createLines<RunEntry>({
  version: 1,
  opens: 'run',
  read: (value) => v.parse(Entry, value),
})

/** Where what is known of a run stands. @param identity what makes it the same run */
export function runFiles(state: string, identity: unknown): { readonly path: string; readonly lock: string } {
  const hash = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32)
  return { path: join(runsFolder(state), `${hash}.journal`), lock: `run ${hash}` }
}

export function runsFolder(state: string): string {
  return join(state, 'runs')
}

export function locksFolder(state: string): string {
  return join(state, 'locks')
}

/**
 * Takes a run for this process alone, and recalls what was done of it.
 * @param restart whether that is forgotten
 * @returns `undefined` where another process is at it
 * @throws the file system's error where nothing can be remembered there
 */
export async function openRunJournal(
  state: string,
  identity: unknown,
  start: RunStart,
  restart: boolean,
): Promise<RunJournal | undefined> {
  const { path, lock } = runFiles(state, identity)
  const unlock = takeLock(locksFolder(state), lock)
  if (!unlock) return undefined
  try {
    await makeFolder(runsFolder(state))
    const file = await openLineFile(path, runLines)
    const { entries, damage } = file
    if (restart || damage !== undefined || entries.length === 0) {
      await file.clear()
      await file.append([{ type: 'run', ...start }])
    }
    const batches = new Batches((entries: readonly RunEntry[]) => file.append(entries))
    return {
      done: restart ? new Map() : doneBy(entries),
      damage,
      add: (entry) => batches.add(entry),
      async finish() {
        await batches.settled()
        await file.close()
        await rm(path, { force: true })
        unlock()
      },
      async close() {
        await batches.settled()
        await file.close()
        unlock()
      },
    }
  } catch (error) {
    unlock()
    throw error
  }
}

/** Where nothing can be remembered. */
export function forgetfulRunJournal(): RunJournal {
  return {
    done: new Map(),
    damage: undefined,
    add: async () => {},
    finish: async () => {},
    close: async () => {},
  }
}

function doneBy(entries: readonly RunEntry[]): Map<string, DoneFile> {
  const done = new Map<string, DoneFile>()
  for (const entry of entries) {
    if (entry.type !== 'done') continue
    const { type, ...file } = entry
    done.set(file.item, file)
  }
  return done
}
