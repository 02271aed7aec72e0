import { Appender } from '../appender.ts'
import { forgetfulJournal, journalLines } from '../journal.ts'
import type { Journal, JournalStore } from '../ports.ts'
import { indexedDbLines, type LineStorage } from './line-storage.ts'

/**
 * The journals of a browser, in IndexedDB. A Web Lock keeps two tabs, or two uploads in one, from going on with the same one.
 * Where a browser offers neither, or lets nothing be kept, nothing is remembered, and appending says why.
 * @param storage `null`: nothing is kept. @default IndexedDB
 * @param locks `null`, as where a page did not come over TLS. @default the browser's
 */
export function browserJournals(
  storage: LineStorage | null = indexedDbLines(),
  locks: Pick<LockManager, 'request'> | null = navigator.locks ?? null,
): JournalStore {
  return {
    async open(endpoint, sourceId) {
      if (!storage)
        return forgetfulJournal(new Error('Expected to keep a journal, but this browser has no IndexedDB.'))
      if (!locks) return forgetfulJournal(new Error('Expected to keep a journal: load this page over https.'))
      const name = `partway ${endpoint} ${sourceId}`
      try {
        const unlock = await takeLock(locks, name)
        return unlock && (await readJournal(storage, name, unlock))
      } catch (cause) {
        return forgetfulJournal(
          new Error('Expected to keep a journal, but this browser keeps nothing for this page.', { cause }),
        )
      }
    },
  }
}

async function readJournal(
  storage: LineStorage,
  name: string,
  unlock: () => Promise<void>,
): Promise<Journal> {
  try {
    const lines = await storage.read(name)
    const { entries, damage } = journalLines.decode(await joined(lines))
    // Nobody could look at what would be kept.
    if (damage !== undefined) await storage.delete(name)
    return journalOf(storage, name, entries, damage, unlock)
  } catch (error) {
    await unlock()
    throw error
  }
}

function journalOf(
  storage: LineStorage,
  name: string,
  entries: Journal['entries'],
  damage: string | undefined,
  unlock: () => Promise<void>,
): Journal {
  // Damaged lines at the end are written over.
  let count = entries.length
  const appender = new Appender(async (lines, durable) => {
    await storage.write(name, count, lines, durable)
    count += lines.length
  })
  return {
    entries,
    setAside:
      damage && `Expected the journal of an upload, got one that cannot be used: ${damage}. It is deleted.`,
    append: (entry, durable) => appender.append(journalLines.encode(entry), durable),
    clear: () =>
      appender.after(async () => {
        await storage.delete(name)
        count = 0
      }),
    close: () => appender.end(unlock),
  }
}

async function joined(lines: readonly Uint8Array[]): Promise<Uint8Array> {
  return new Uint8Array(await new Blob(lines as Uint8Array<ArrayBuffer>[]).arrayBuffer())
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
