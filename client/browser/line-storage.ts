/** Lines under names, each with its place: those of one name are numbered from 0. */
export interface LineStorage {
  read(name: string): Promise<Uint8Array[]>
  /**
   * All of them or none.
   * @param at the number of the first
   * @param durable whether to resolve only when they are on the disk
   */
  write(name: string, at: number, lines: readonly Uint8Array[], durable: boolean): Promise<void>
  delete(name: string): Promise<void>
}

const DATABASE = 'partway'
const VERSION = 2
const STORE = 'lines'

/**
 * IndexedDB: localStorage reaches the disk seconds later, and a browser that is killed before that forgets the upload.
 * @returns `null` where there is none
 */
export function indexedDbLines(): LineStorage | null {
  if (typeof indexedDB === 'undefined') return null
  let opened: Promise<IDBDatabase> | undefined
  const forget = () => {
    opened = undefined
  }
  const open = () => {
    opened ??= openDatabase(forget)
    // What the person allows may have changed by the next time.
    opened.catch(forget)
    return opened
  }

  async function change(durable: boolean, work: (store: IDBObjectStore) => void): Promise<void> {
    const database = await open()
    const transaction = database.transaction(STORE, 'readwrite', {
      durability: durable ? 'strict' : 'relaxed',
    })
    work(transaction.objectStore(STORE))
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => reject(transaction.error)
    })
  }

  return {
    async read(name) {
      const database = await open()
      return settled<Uint8Array[]>(database.transaction(STORE).objectStore(STORE).getAll(allOf(name)))
    },
    write: (name, at, lines, durable) =>
      change(durable, (store) => {
        for (const [offset, line] of lines.entries()) store.put(line, [name, at + offset])
      }),
    delete: (name) => change(true, (store) => store.delete(allOf(name))),
  }
}

/** An array comes after every number. */
const allOf = (name: string) => IDBKeyRange.bound([name], [name, []])

/** @param onClose it is of no use any more */
function openDatabase(onClose: () => void): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, VERSION)
    request.onupgradeneeded = () => {
      for (const store of [...request.result.objectStoreNames]) request.result.deleteObjectStore(store)
      request.result.createObjectStore(STORE)
    }
    // Waiting for that tab could take days.
    request.onblocked = () =>
      reject(
        new Error(
          'Expected to keep a journal, but another tab has an older version of this page open: reload it.',
        ),
      )
    request.onerror = () => reject(request.error)
    request.onsuccess = () => {
      const database = request.result
      database.onclose = onClose
      database.onversionchange = () => {
        database.close()
        onClose()
      }
      resolve(database)
    }
  })
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}
