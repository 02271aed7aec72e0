import { forgetfulJournal, readEntry } from '../journal.ts'
import type { Journal, JournalEntry, JournalStore } from '../ports.ts'
import { type EntryStorage, indexedDbEntries } from './entry-storage.ts'

/**
 * The journals of a browser, in IndexedDB. A Web Lock keeps two tabs, or two uploads in one, from going on with the same one.
 * Where a browser offers neither, or lets nothing be kept, nothing is remembered, and appending says why.
 * @param storage `null`: nothing is kept. @default IndexedDB
 * @param locks `null`, as where a page did not come over TLS. @default the browser's
 */
export function browserJournals(
  storage: EntryStorage | null = indexedDbEntries(),
  locks: Pick<LockManager, 'request'> | null = navigator.locks ?? null,
): JournalStore {
  const forgetful = (reason: string, cause?: unknown) =>
    forgetfulJournal(new Error(`Expected to keep a journal: ${reason}.`, { cause }))
  return {
    async open(endpoint, sourceId) {
      if (!storage) return forgetful('this browser has no IndexedDB')
      if (!locks) return forgetful('load this page over https')
      const name = `partway ${endpoint} ${sourceId}`
      try {
        const unlock = await takeLock(locks, name)
        return unlock && (await readJournal(storage, name, unlock))
      } catch (cause) {
        return forgetful('this browser keeps nothing for this page', cause)
      }
    },
  }
}

async function readJournal(
  storage: EntryStorage,
  name: string,
  unlock: () => Promise<void>,
): Promise<Journal> {
  let entries: JournalEntry[] = []
  let setAside: string | undefined
  try {
    const kept = await storage.read(name)
    try {
      entries = kept.map(readEntry)
    } catch {
      // Nobody could look at what would be kept.
      await storage.delete(name)
      setAside = 'Expected the journal of an upload, got one that cannot be used. It is deleted.'
    }
  } catch (error) {
    await unlock()
    throw error
  }

  let count = entries.length
  /** Could not be written so far. */
  let owed: JournalEntry[] = []
  let last = Promise.resolve()
  let isOpen = true
  /** One thing after another, so that what is there is always a beginning of what was said. */
  const next = (work: () => Promise<void>) => {
    if (!isOpen)
      throw new Error('Expected an open journal, got one that was given back: another may write it now.')
    const done = last.then(work)
    last = done.catch(() => {})
    return done
  }
  return {
    entries,
    setAside,
    append: async (entry, durable) =>
      next(async () => {
        owed.push(entry)
        await storage.write(name, count, owed, durable)
        count += owed.length
        owed = []
      }),
    clear: async () =>
      next(async () => {
        owed = []
        await storage.delete(name)
        count = 0
      }),
    async close() {
      if (!isOpen) return
      const done = next(unlock)
      isOpen = false
      await done
    },
  }
}

/**
 * The lock is held until the promise that its callback returns is resolved, or the page is closed.
 * @returns gives it back; `undefined` where another has it
 */
export function takeLock(
  locks: Pick<LockManager, 'request'>,
  name: string,
): Promise<(() => Promise<void>) | undefined> {
  return new Promise((resolve, reject) => {
    const released = locks.request(name, { ifAvailable: true }, (lock) => {
      if (!lock) return resolve(undefined)
      return new Promise<void>((giveBack) => {
        resolve(() => {
          giveBack()
          return released
        })
      })
    })
    released.catch(reject)
  })
}
