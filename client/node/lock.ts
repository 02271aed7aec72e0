import { createHash } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'

/**
 * Locks that the operating system holds for a process and takes from it when it dies, however it dies. Nothing is written
 * down that somebody would have to believe: no process id that may be another's by now, no time after which a holder counts
 * as dead, no file whose removal two could race for. They are SQLite's own, of databases without content, because Node has
 * no other way to ask for one: `fcntl` on Unix, seen by other containers too, and `LockFileEx` on Windows. SQLite also
 * tells two holders within one process apart, which `fcntl` would not.
 *
 * Nothing else may open these files: whichever descriptor of it a process closes first, `fcntl` forgets its locks.
 */

/** How long another process may be at taking or giving back some lock of the folder: it takes a millisecond. */
const GUARD_MS = 5000
const SQLITE_BUSY = 5

/** Gives a lock back. Harmless when repeated. */
export type Unlock = () => void

/**
 * Takes a lock, or does not wait for it.
 * @param folder made where it is not there; holds no secrets
 * @param name anything
 * @returns `undefined` where another has it, in this process or another
 * @throws the file system's or SQLite's error where there can be no locks
 */
export function takeLock(folder: string, name: string): Unlock | undefined {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(resolve(folder), createHash('sha256').update(name).digest('hex').slice(0, 32))
  const lock = guarded(folder, () => lockFile(path))
  if (!lock) return undefined
  let held = true
  return () => {
    if (!held) return
    held = false
    try {
      guarded(folder, () => {
        lock.close()
        rmSync(path, { force: true })
      })
    } finally {
      if (lock.isOpen) lock.close()
    }
  }
}

/** One at a time, so that nobody locks a file that another is about to remove. */
function guarded<T>(folder: string, work: () => T): T {
  const guard = lockFile(join(resolve(folder), 'guard'), GUARD_MS)
  if (!guard)
    throw new Error(`Expected the locks in ${folder} within ${GUARD_MS / 1000} s, got none. Try again.`)
  try {
    return work()
  } finally {
    guard.close()
  }
}

/** Held until the database is closed. */
function lockFile(path: string, timeout = 0): DatabaseSync | undefined {
  const { DatabaseSync } = sqlite()
  const database = new DatabaseSync(path, { timeout })
  try {
    // Otherwise there is a second file for each, for changes that are never made.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database.close()
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return undefined
    throw error
  }
}

/** Node 22 calls it experimental, in a line on standard error that says nothing to the person who reads it. */
function sqlite(): typeof import('node:sqlite') {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    const module: typeof import('node:sqlite') | undefined = process.getBuiltinModule('node:sqlite')
    if (module) return module
    throw new Error(
      'Expected a Node that has node:sqlite for its locks, got one without. Use an official one.',
    )
  } finally {
    process.emitWarning = emitWarning
  }
}
