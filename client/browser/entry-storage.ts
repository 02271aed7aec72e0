/** Entries under names, each with its place: those of one name are numbered from 0. */
export interface EntryStorage {
  read(name: string): Promise<unknown[]>
  /**
   * All of them or none.
   * @param at the number of the first
   * @param durable whether to resolve only when they are on the disk
   */
  write(name: string, at: number, entries: readonly unknown[], durable: boolean): Promise<void>
  delete(name: string): Promise<void>
}

const DATABASE = 'partway'
const VERSION = 3
const STORE = 'entries'

/**
 * IndexedDB: localStorage reaches the disk seconds later, and a browser that is killed before that forgets the upload.
 * @returns `null` where there is none
 */
export function indexedDbEntries(): EntryStorage | null {
  if (typeof indexedDB === 'undefined') return null
  async function within<Result>(
    mode: IDBTransactionMode,
    durability: IDBTransactionDurability,
    work: (store: IDBObjectStore) => IDBRequest<Result> | undefined,
  ): Promise<Result> {
    // For each anew: what stays open keeps a tab with a newer version of this page waiting, and may be closed by the browser.
    const database = await openDatabase()
    const transaction = database.transaction(STORE, mode, { durability })
    const request = work(transaction.objectStore(STORE))
    database.close()
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request?.result as Result)
      transaction.onabort = () => reject(transaction.error)
    })
  }

  return {
    read: (name) => within('readonly', 'default', (store) => store.getAll(allOf(name))),
    write: (name, at, entries, durable) =>
      within('readwrite', durable ? 'strict' : 'relaxed', (store) => {
        for (const [offset, entry] of entries.entries()) store.put(entry, [name, at + offset])
        return undefined
      }),
    delete: (name) => within('readwrite', 'strict', (store) => store.delete(allOf(name))),
  }
}

/** An array comes after every number. */
const allOf = (name: string) => IDBKeyRange.bound([name], [name, []])

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, VERSION)
    request.onupgradeneeded = () => {
      for (const store of [...request.result.objectStoreNames]) request.result.deleteObjectStore(store)
      request.result.createObjectStore(STORE)
    }
    // Another tab has an older version of this page open: waiting for it could take days.
    request.onblocked = reject
    request.onerror = () => reject(request.error)
    request.onsuccess = () => resolve(request.result)
  })
}
