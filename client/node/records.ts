import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { RecordStore } from '../ports.ts'
import { parseRecord } from '../records.ts'

/** Where records are kept: `PARTWAY_STATE`, or `partway` in the XDG state folder, `~/.local/state`. */
export function stateFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const { PARTWAY_STATE, XDG_STATE_HOME } = environment
  return PARTWAY_STATE || join(XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'partway')
}

/** One small JSON file an upload, for its owner's eyes only, replaced whole: a kill leaves the old one or the new one. */
export function fileRecords(folder: string): RecordStore {
  const uploads = join(folder, 'uploads')
  const pathOf = (endpoint: string, sourceId: string) => {
    const digest = createHash('sha256').update(`${endpoint}\n${sourceId}`).digest('hex')
    return join(uploads, `${digest.slice(0, 32)}.json`)
  }
  return {
    // Two runs at once do each other no harm: an unchanged inode holds the same bytes for both.
    claim: async () => async () => {},
    async load(endpoint, sourceId) {
      const path = pathOf(endpoint, sourceId)
      const text = await readIfThere(path)
      return text === undefined ? undefined : parseRecord(text, path)
    },
    async save(record) {
      await mkdir(uploads, { recursive: true, mode: 0o700 })
      await replaceFile(pathOf(record.endpoint, record.sourceId), JSON.stringify(record))
    },
    async remove(endpoint, sourceId) {
      await rm(pathOf(endpoint, sourceId), { force: true })
    },
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}`
  const handle = await open(temporary, 'wx', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temporary, path)
}
