import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export class DataDirectoryInUse extends Error {
  override name = 'DataDirectoryInUse'
}

const SQLITE_BUSY = 5

/**
 * Takes a data directory for this process alone. The lock is the operating system's, which ends with its process, of an empty database,
 * because Node has no other way to ask for one: what a dead process has written down, two others would take over at once.
 *
 * @returns gives it back
 * @throws {DataDirectoryInUse} with the process that has it
 */
export function lockDirectory(directory: string): () => void {
  const holder = join(directory, 'lock.holder')
  mkdirSync(directory, { recursive: true })
  const lock = takeLock(join(directory, 'lock.db'))
  if (lock === undefined) {
    throw new DataDirectoryInUse(
      `Expected ${directory} to be free, got it in use by process ${readHolder(holder)}; stop that, or set PARTWAY_DATA to another folder.`,
    )
  }
  writeFileSync(holder, String(process.pid))
  return () => {
    if (!lock.isOpen) return
    rmSync(holder, { force: true })
    lock.close()
  }
}

/** Held until it is closed. Its file stays: whoever removed it could remove one that another has just locked. */
function takeLock(path: string): DatabaseSync | undefined {
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database.close()
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return undefined
    throw error
  }
}

/** For a person: the lock does not depend on it. */
function readHolder(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return 'unknown'
  }
}
