import { expect, test } from 'vitest'
import { type EntryStorage, indexedDbEntries } from '../../client/browser/entry-storage.ts'
import { browserJournals } from '../../client/browser/journal.ts'
import type { Journal, JournalEntry } from '../../client/ports.ts'

const ENDPOINT = 'https://api.example'
const part = (partNumber: number): JournalEntry => ({ type: 'part', partNumber, etag: 'e' })
/** Of a file that no other test has. */
function upload(): Extract<JournalEntry, { type: 'upload' }> {
  const sourceId = crypto.randomUUID()
  return {
    type: 'upload',
    endpoint: ENDPOINT,
    sourceId,
    identity: { name: 'film.mov', size: '20' },
    key: 'k',
    uploadId: 'u',
    size: 20,
    partSize: 10,
    checksumAlgorithm: 'CRC64NVME',
    initiated: '2026-11-21T00:00:00.000Z',
  }
}

/** The browser's own, in a browser. */
const storage = indexedDbEntries() ?? memory()
const journals = browserJournals(storage)

test('a journal comes back as it was written, for its endpoint and file alone', async () => {
  const begun = upload()
  const journal = await open(begun.sourceId)
  expect(journal).toMatchObject({ entries: [], setAside: undefined })
  await Promise.all([
    journal.append(begun, true),
    journal.append(part(1), false),
    journal.append(part(2), false),
  ])
  await journal.append(part(3), false)
  await journal.close()
  const again = await open(begun.sourceId)
  expect(again.entries).toEqual([begun, part(1), part(2), part(3)])
  await again.append(part(4), false)
  await again.close()
  expect(await entriesOf(begun.sourceId)).toHaveLength(5)
  expect(await entriesOf('another')).toEqual([])
  expect(await entriesOf(begun.sourceId, 'https://other.example')).toEqual([])
})

test('what was forgotten does not come back, and what is written after it begins anew', async () => {
  const begun = upload()
  const journal = await open(begun.sourceId)
  await journal.append(begun, true)
  await journal.append(part(1), false)
  await journal.clear()
  await journal.append({ ...begun, uploadId: 'w' }, true)
  await journal.close()
  expect(await entriesOf(begun.sourceId)).toEqual([{ ...begun, uploadId: 'w' }])
})

test('a journal is one upload’s at a time, and the next one’s as soon as it is given back', async () => {
  const { sourceId } = upload()
  const journal = await open(sourceId)
  expect(await journals.open(ENDPOINT, sourceId)).toBeUndefined()
  expect(await browserJournals(storage).open(ENDPOINT, sourceId)).toBeUndefined()
  await (await open('another')).close()
  await journal.close()
  await (await open(sourceId)).close()
})

test('a damaged journal says so, and another is begun in its place', async () => {
  const begun = upload()
  const name = `partway ${ENDPOINT} ${begun.sourceId}`
  await storage.write(name, 0, [{ ...begun, partSize: 'ten' }, part(1)], true)
  const journal = await open(begun.sourceId)
  expect(journal.entries).toEqual([])
  expect(journal.setAside).toMatch('got one that cannot be used. It is deleted.')
  await journal.append(begun, true)
  await journal.close()
  expect(await entriesOf(begun.sourceId)).toEqual([begun])
})

test('a journal that was given back takes nothing more', async () => {
  const journal = await open(upload().sourceId)
  await journal.close()
  await journal.close()
  await expect(journal.append(part(1), false)).rejects.toThrow('another may write it now')
  await expect(journal.clear()).rejects.toThrow('another may write it now')
})

test('what could not be written is written with what comes next, in its order', async () => {
  const begun = upload()
  const full = new DOMException('', 'QuotaExceededError')
  let room = false
  const tight: EntryStorage = {
    ...storage,
    write: (...entries) => (room ? storage.write(...entries) : Promise.reject(full)),
  }
  const journal = await open(begun.sourceId, ENDPOINT, tight)
  await expect(journal.append(begun, true)).rejects.toBe(full)
  await expect(journal.append(part(1), false)).rejects.toBe(full)
  room = true
  await journal.append(part(2), false)
  await journal.close()
  expect(await entriesOf(begun.sourceId)).toEqual([begun, part(1), part(2)])
})

test.each([
  ['IndexedDB', browserJournals(null), 'IndexedDB'],
  ['Web Locks', browserJournals(storage, null), 'https'],
  [
    'storage that can be read',
    browserJournals({ ...storage, read: () => Promise.reject(new Error()) }),
    'keeps nothing',
  ],
])('without %s nothing is remembered, and appending says why', async (_, journals, why) => {
  const { sourceId, ...begun } = upload()
  for (let time = 0; time < 2; time++) {
    const journal = await journals.open(ENDPOINT, sourceId)
    expect(journal).toMatchObject({ entries: [], setAside: undefined })
    await expect(journal?.append({ ...begun, sourceId }, true)).rejects.toThrow(why)
    await journal?.clear()
    await journal?.close()
  }
})

async function open(
  sourceId: string,
  endpoint = ENDPOINT,
  entries: EntryStorage = storage,
): Promise<Journal> {
  const journal = await browserJournals(entries).open(endpoint, sourceId)
  if (!journal) throw new Error('The journal is taken.')
  return journal
}

async function entriesOf(sourceId: string, endpoint = ENDPOINT): Promise<readonly JournalEntry[]> {
  const journal = await open(sourceId, endpoint)
  await journal.close()
  return journal.entries
}

function memory(): EntryStorage {
  const names = new Map<string, unknown[]>()
  return {
    read: async (name) => names.get(name) ?? [],
    async write(name, at, entries) {
      names.set(name, [...(names.get(name) ?? []).slice(0, at), ...structuredClone(entries)])
    },
    delete: async (name) => void names.delete(name),
  }
}
