import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { forgetfulJournal } from '../journal.ts'
import { lateJournal } from '../late-journal.ts'
import type { JournalStore } from '../ports.ts'
import { makeFolder } from './folder.ts'
import { openJournalFile } from './journal-file.ts'
import { takeLock } from './lock.ts'

/**
 * One small file an upload, `uploads/{hash}.journal`, for its owner's eyes only; `locks/` says which of them are in use. A
 * folder in which nothing can be written costs uploads their journal, not their life.
 * @param folder see `stateFolder`
 */
export function fileJournals(folder: string): JournalStore {
  const uploads = join(folder, 'uploads')
  const pathOf = (hash: string) => join(uploads, `${hash}.journal`)
  const journals: JournalStore = {
    async late(endpoint, sourceId) {
      const hasSome = await isThere(pathOf(hashOf(endpoint, sourceId)))
      return hasSome ? undefined : lateJournal(journals, endpoint, sourceId)
    },
    async open(endpoint, sourceId) {
      const hash = hashOf(endpoint, sourceId)
      const path = pathOf(hash)
      try {
        const unlock = takeLock(join(folder, 'locks'), `upload ${hash}`)
        if (!unlock) return undefined
        try {
          await makeFolder(uploads)
          const journal = await openJournalFile(path)
          return { ...journal, close: () => journal.close().finally(unlock) }
        } catch (error) {
          unlock()
          throw error
        }
      } catch (cause) {
        const error = new Error(`Expected to keep a journal in ${uploads}, could not: ${messageOf(cause)}`, {
          cause,
        })
        return forgetfulJournal(error, (await isThere(path)) ? error.message : undefined)
      }
    },
  }
  return journals
}

function hashOf(endpoint: string, sourceId: string): string {
  return createHash('sha256').update(`${endpoint}\n${sourceId}`).digest('hex').slice(0, 32)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** One that could not be looked for may be there. */
async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    ({ code }: NodeJS.ErrnoException) => code !== 'ENOENT' && code !== 'ENOTDIR',
  )
}
