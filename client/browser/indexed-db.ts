/** Texts by name, on disk once their promise has resolved. */
export interface RecordStorage {
  get(name: string): Promise<string | undefined>
  set(name: string, text: string): Promise<void>
  delete(name: string): Promise<void>
}

const DATABASE = 'partway'
const STORE = 'uploads'

/**
 * IndexedDB, written durably: localStorage reaches the disk seconds later, and a browser that is killed before that forgets the
 * upload.
 * @returns `undefined` where there is none
 */
export function indexedDbStorage(): RecordStorage | undefined {
  if (typeof indexedDB === 'undefined') return undefined
  let opened: Promise<IDBDatabase> | undefined
  const open = () => {
    opened ??= openDatabase()
    // What the person allows may have changed by the next time.
    opened.catch(() => {
      opened = undefined
    })
    return opened
  }

  async function write(change: (store: IDBObjectStore) => void): Promise<void> {
    const transaction = (await open()).transaction(STORE, 'readwrite', { durability: 'strict' })
    change(transaction.objectStore(STORE))
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => reject(transaction.error)
    })
  }

  return {
    async get(name) {
      // Where a page may keep nothing, there is nothing to go on with.
      const database = await open().catch(() => undefined)
      return database && settled<string | undefined>(database.transaction(STORE).objectStore(STORE).get(name))
    },
    set: (name, text) => write((store) => store.put(text, name)),
    delete: (name) => write((store) => store.delete(name)),
  }
}

function openDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1)
  request.onupgradeneeded = () => request.result.createObjectStore(STORE)
  return settled(request)
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}
