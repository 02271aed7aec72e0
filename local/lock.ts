import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export class DataDirectoryInUse extends Error {
  override name = 'DataDirectoryInUse'
}

/**
 * Takes a data directory for this process alone. The lock of a process that is gone does not hold.
 *
 * @returns gives it back
 * @throws {DataDirectoryInUse} with the process that has it
 */
export function lockDirectory(directory: string): () => void {
  const lock = join(directory, 'lock')
  const own = join(directory, `lock.${process.pid}`)
  mkdirSync(directory, { recursive: true })
  writeFileSync(own, `${process.pid} ${startTime(process.pid)}`)
  try {
    if (!take(own, lock)) {
      const holder = readHolder(lock)
      if (holder !== undefined) {
        throw new DataDirectoryInUse(
          `Expected ${directory} to be free, got it in use by process ${holder}; stop that, or set PARTWAY_DATA to another folder.`,
        )
      }
      rmSync(lock, { force: true })
      if (!take(own, lock))
        throw new DataDirectoryInUse(`Another process took ${directory} just now; try again.`)
    }
  } finally {
    rmSync(own)
  }
  return () => rmSync(lock, { force: true })
}

/** A link appears whole and to one taker only. */
function take(own: string, lock: string): boolean {
  try {
    linkSync(own, lock)
    return true
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false
    throw error
  }
}

/** @returns the process that holds the lock, undefined where it is gone */
function readHolder(lock: string): number | undefined {
  const [pid = '', started = ''] = readFileSync(lock, 'utf8').split(' ')
  return isRunning(Number(pid)) && startTime(Number(pid)) === started ? Number(pid) : undefined
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return isCode(error, 'EPERM')
  }
}

/** Tells a process from a later one with the same number, which containers hand out again; unknown outside Linux. */
function startTime(pid: number): string {
  try {
    const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1) ?? ''
    return afterName.split(' ')[19] ?? ''
  } catch {
    return 'unknown'
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
