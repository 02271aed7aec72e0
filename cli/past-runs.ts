import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ifThere } from '../client/node/files.ts'
import { takeLock } from '../client/node/lock.ts'
import { type HeldBytes, heldBytes } from './held.ts'
import { locksFolder, type RunEntry, type RunStart, runLines, runsFolder } from './run-journal.ts'

/** A run that has not done all it was asked for. */
export interface PastRun extends RunStart {
  readonly id: string
  readonly filesDone: number
  /** Those of files that are not done are among them. */
  readonly bytesDone: number
  /** Of all of it; `undefined` where it was killed before it knew. */
  readonly files: number | undefined
  readonly bytes: number | undefined
  /** When it was last heard of. */
  readonly touched: Date
  /** Whether a process is at it. */
  readonly running: boolean
}

const SUFFIX = '.journal'

/** The oldest first. */
export async function pastRuns(state: string): Promise<PastRun[]> {
  const names = (await ifThere(readdir(runsFolder(state)))) ?? []
  const ids = names.filter((name) => name.endsWith(SUFFIX)).map((name) => name.slice(0, -SUFFIX.length))
  const held = await heldBytes(state)
  const runs = await Promise.all(ids.map((id) => readRun(state, id, held)))
  return runs.filter((run) => run !== undefined).sort((a, b) => (a.begun < b.begun ? -1 : 1))
}

/** @returns whether it is forgotten: not one that a process is at */
export async function forgetRun(state: string, id: string): Promise<boolean> {
  const unlock = takeLock(locksFolder(state), lockOf(id))
  if (!unlock) return false
  await rm(pathOf(state, id), { force: true })
  unlock()
  return true
}

/** @returns `undefined` where it is gone, or says nothing */
async function readRun(state: string, id: string, held: HeldBytes): Promise<PastRun | undefined> {
  const path = pathOf(state, id)
  const found = await ifThere(Promise.all([readFile(path), stat(path)]))
  if (!found) return undefined
  const [bytes, { mtime }] = found
  const { entries } = runLines.decode(bytes)
  const [start] = entries
  if (start?.type !== 'run') return undefined
  const { type, ...run } = start
  const sums = sumOf(entries)
  const paths = run.operands.map((operand) => resolve(run.cwd, operand))
  const partly = await Promise.all([...sums.begun.keys()].map((path) => held.ofDownload(path)))
  const underWay = held.ofUploads(paths) + partly.reduce((sum, bytes) => sum + bytes, 0)
  const size = [...sums.begun.values()].reduce((sum, size) => sum + size, sums.bytesDone)
  return {
    ...run,
    ...{ id, filesDone: sums.filesDone, files: sums.files },
    bytesDone: sums.bytesDone + underWay,
    bytes: sums.bytes === undefined ? undefined : Math.max(sums.bytes, size),
    touched: mtime,
    running: isLocked(state, id),
  }
}

interface Sums extends Pick<PastRun, 'filesDone' | 'bytesDone' | 'files' | 'bytes'> {
  /** By path, downloads that are not done, with their sizes. */
  readonly begun: ReadonlyMap<string, number>
}

function sumOf(entries: readonly RunEntry[]): Sums {
  const done = new Map<string, number>()
  const begun = new Map<string, number>()
  let found: { readonly files: number; readonly bytes: number } | undefined
  for (const entry of entries) {
    if (entry.type === 'done') done.set(entry.item, entry.bytes)
    if (entry.type === 'done' && entry.path !== undefined) begun.delete(entry.path)
    if (entry.type === 'begun') begun.set(entry.path, entry.size)
    if (entry.type === 'found') found = entry
  }
  const bytesDone = [...done.values()].reduce((sum, bytes) => sum + bytes, 0)
  return { filesDone: done.size, bytesDone, files: found?.files, bytes: found?.bytes, begun }
}

function isLocked(state: string, id: string): boolean {
  const unlock = takeLock(locksFolder(state), lockOf(id))
  unlock?.()
  return unlock === undefined
}

function pathOf(state: string, id: string): string {
  return join(runsFolder(state), `${id}${SUFFIX}`)
}

function lockOf(id: string): string {
  return `run ${id}`
}
