import { randomBytes } from 'node:crypto'
import { type FileHandle, open, readdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** A file that only this process writes, until it is whole and takes its name. */
export interface PartFile {
  readonly path: string
  readonly handle: FileHandle
}

/**
 * Makes `NAME.PID-RANDOM.part` beside the file to be, and removes what processes that are dead left of the same name.
 * Another's part file is never shared: two downloads to one path would mix their bytes.
 */
export async function createPartFile(path: string): Promise<PartFile> {
  await removeLeftovers(path)
  const part = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.part`
  return { path: part, handle: await open(part, 'wx') }
}

/** Leftovers only take room: what cannot be listed or removed is no reason to fail. */
async function removeLeftovers(path: string): Promise<void> {
  const folder = dirname(path)
  const names = await readdir(folder).catch(() => [])
  for (const name of names) {
    const pid = writerOf(name, basename(path))
    if (pid !== undefined && isDead(pid)) await rm(join(folder, name), { force: true }).catch(() => {})
  }
}

/** @returns the process that wrote it; `undefined` for a name that is not ours */
function writerOf(name: string, whole: string): number | undefined {
  if (!name.startsWith(`${whole}.`)) return undefined
  const pid = /^(\d+)-[0-9a-f]{8}\.part$/.exec(name.slice(whole.length + 1))?.[1]
  return pid === undefined ? undefined : Number(pid)
}

/** One that may not be signalled lives, as another user's. */
function isDead(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
