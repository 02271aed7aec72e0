import type { Kept, KeptStorage } from './kept.ts'

const ITEMS = 'items'
const FILES = 'files'

/** @returns `null` where a browser has none */
export function indexedDbItems(): KeptStorage | null {
  if (typeof indexedDB === 'undefined') return null
  let opened: Promise<IDBDatabase> | undefined

  async function inTransaction<T>(
    mode: IDBTransactionMode,
    work: (items: IDBObjectStore, files: IDBObjectStore) => () => T,
  ): Promise<T> {
    opened ??= open()
    const transaction = (await opened).transaction([ITEMS, FILES], mode)
    return new Promise((resolve, reject) => {
      const result = work(transaction.objectStore(ITEMS), transaction.objectStore(FILES))
      transaction.oncomplete = () => resolve(result())
      transaction.onabort = () => reject(transaction.error)
    })
  }

  return {
    load: () =>
      inTransaction('readonly', (items, files) => {
        const [all, ids, stored] = [items.getAll(), files.getAllKeys(), files.getAll()]
        return () => {
          const fileOf = new Map(ids.result.map((id, index) => [id, stored.result[index]]))
          return all.result.map((kept: Kept) => ({ ...kept, file: fileOf.get(kept.id) }))
        }
      }),
    write: (changes, stale) =>
      inTransaction('readwrite', (items, files) => {
        for (const [id, kept] of changes) {
          if (kept) items.put({ ...kept, file: undefined }, id)
          else items.delete(id)
          if (!kept || stale?.has(id)) files.delete(id)
        }
        return () => {}
      }),
    copy: (all) =>
      inTransaction('readwrite', (_, files) => {
        for (const [id, file] of all) files.put(file, id)
        return () => {}
      }),
    async room() {
      const { quota = 0, usage = 0 } = (await navigator.storage?.estimate?.()) ?? {}
      return quota - usage
    },
  }
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('partway-queue', 1)
    request.onupgradeneeded = () => {
      for (const store of [ITEMS, FILES]) request.result.createObjectStore(store)
    }
    request.onerror = () => reject(request.error)
    request.onsuccess = () => {
      // A later version of this page must not wait for this one.
      request.result.onversionchange = () => request.result.close()
      resolve(request.result)
    }
  })
}
