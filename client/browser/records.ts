import type { RecordStore, Release } from '../ports.ts'
import { parseRecord } from '../records.ts'
import { indexedDbStorage, type RecordStorage } from './indexed-db.ts'

/**
 * Remembers unfinished uploads: a few hundred bytes each. What the parts were is left to list-parts.
 * A Web Lock keeps two tabs, or two uploads in one, from going on with the same record.
 * @param storage absent, nothing is remembered. @default IndexedDB, where there is one
 * @param locks `null`, as where a page did not come over TLS: no upload has a record. @default the browser's
 */
export function browserRecords(
  storage: RecordStorage | undefined = indexedDbStorage(),
  locks: Pick<LockManager, 'request'> | null = navigator.locks ?? null,
): RecordStore {
  const name = (endpoint: string, sourceId: string) => `partway ${endpoint} ${sourceId}`
  return {
    claim: async (endpoint, sourceId) => (locks ? takeLock(locks, name(endpoint, sourceId)) : undefined),
    async load(endpoint, sourceId) {
      const text = await storage?.get(name(endpoint, sourceId))
      return text ? parseRecord(text, 'IndexedDB') : undefined
    },
    async save(record) {
      await storage?.set(name(record.endpoint, record.sourceId), JSON.stringify({ ...record, parts: {} }))
    },
    async remove(endpoint, sourceId) {
      await storage?.delete(name(endpoint, sourceId))
    },
  }
}

/** The lock is held until the promise that its callback returns is resolved, or the page is closed. */
function takeLock(locks: Pick<LockManager, 'request'>, name: string): Promise<Release | undefined> {
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
