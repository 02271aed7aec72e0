import type { DownloadEntry } from '../download-journal.ts'

/** What is remembered of an unfinished download. Holds no URL and no credentials. */
export interface DownloadRecord {
  readonly id: string
  /** Of the API. */
  readonly endpoint: string
  readonly place: FileSystemFileHandle
  /** The object's own, which the file's need not be. */
  readonly fileName: string
  /** The first says what download it is of. */
  readonly entries: readonly DownloadEntry[]
  /** The file as it was left: one that differs was written to by somebody else. */
  readonly stamp: FileStamp
  /** When it was left: milliseconds since 1970. */
  readonly at: number
}

export interface FileStamp {
  readonly size: number
  readonly lastModified: number
}

export interface DownloadRecords {
  all(): Promise<DownloadRecord[]>
  /** Resolves when it is on the disk. */
  put(record: DownloadRecord): Promise<void>
  delete(id: string): Promise<void>
}

const DATABASE = 'partway-downloads'
const STORE = 'downloads'

/** In IndexedDB, the only place where a file handle can be kept. */
export function indexedDbRecords(): DownloadRecords {
  let opened: Promise<IDBDatabase> | undefined
  const forget = () => {
    opened = undefined
  }

  async function within<Result>(
    mode: IDBTransactionMode,
    work: (store: IDBObjectStore) => IDBRequest<Result>,
  ) {
    opened ??= openDatabase(forget)
    // What the person allows may have changed by the next time.
    opened.catch(forget)
    const transaction = (await opened).transaction(STORE, mode, { durability: 'strict' })
    const request = work(transaction.objectStore(STORE))
    return new Promise<Result>((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result)
      transaction.onabort = () => reject(transaction.error)
    })
  }

  return {
    all: () => within<DownloadRecord[]>('readonly', (store) => store.getAll()),
    put: async (record) => void (await within('readwrite', (store) => store.put(record))),
    delete: async (id) => void (await within('readwrite', (store) => store.delete(id))),
  }
}

/** What is remembered of a download to that file. */
export async function recordOf(
  place: FileSystemFileHandle,
  records: DownloadRecords,
): Promise<DownloadRecord | undefined> {
  for (const record of await records.all().catch(() => [])) {
    if (await place.isSameEntry(record.place)) return record
  }
  return undefined
}

export function isSame({ size, lastModified }: FileStamp, other: FileStamp): boolean {
  return size === other.size && lastModified === other.lastModified
}

/** @param onClose it is of no use any more */
function openDatabase(onClose: () => void): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1)
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'id' })
    request.onerror = () => reject(request.error)
    request.onsuccess = () => {
      request.result.onclose = onClose
      resolve(request.result)
    }
  })
}
