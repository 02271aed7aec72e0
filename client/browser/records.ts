import type { RecordStore } from '../ports.ts'
import { parseRecord } from '../records.ts'

/**
 * Remembers unfinished uploads in localStorage: a few hundred bytes each. What the parts were is left to list-parts.
 * @param storage absent, nothing is remembered. @default the page's, where it may use it
 */
export function localStorageRecords(
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> | undefined = pageStorage(),
): RecordStore {
  const name = (endpoint: string, sourceId: string) => `partway ${endpoint} ${sourceId}`
  return {
    async load(endpoint, sourceId) {
      const text = storage?.getItem(name(endpoint, sourceId))
      return text ? parseRecord(text, 'localStorage') : undefined
    },
    async save(record) {
      storage?.setItem(name(record.endpoint, record.sourceId), JSON.stringify({ ...record, parts: {} }))
    },
    async remove(endpoint, sourceId) {
      storage?.removeItem(name(endpoint, sourceId))
    },
  }
}

/** Reading the property throws where the person allows no site data. */
function pageStorage(): Storage | undefined {
  try {
    return localStorage
  } catch {
    return undefined
  }
}
