import { access, constants, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Where holes are read from one page of zeros; elsewhere the kernel fills its cache with them, at half the speed. */
const IN_MEMORY = '/dev/shm'

/**
 * A file of that many zeros, which takes no room. Gone with the test.
 * @returns its path, in a folder of its own
 */
export async function sparseFile(bytes: number): Promise<string> {
  const folder = await mkdtemp(join(await roomForHoles(), 'partway-sparse-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const path = join(folder, 'film.mov')
  const file = await open(path, 'w')
  await file.truncate(bytes)
  await file.close()
  return path
}

async function roomForHoles(): Promise<string> {
  try {
    await access(IN_MEMORY, constants.W_OK)
    return IN_MEMORY
  } catch {
    return tmpdir()
  }
}
