import { expect, test } from 'vitest'
import type { BrowserClient, UnfinishedDownload } from '../../client/browser/index.ts'
import { Entries } from '../../element/downloads/entries.ts'

const signal = new AbortController().signal

/** A bucket that lists so many objects a page. */
function bucketOf(names: string[], perPage: number) {
  const calls: (string | undefined)[] = []
  let unfinished: Partial<UnfinishedDownload>[] = []
  const client = {
    unfinishedDownloads: async () => unfinished,
    api: {
      async listObjects({ cursor }: { cursor?: string }) {
        calls.push(cursor)
        const from = Number(cursor ?? 0)
        const page = names.slice(from, from + perPage)
        const objects = page.map((name, index) => ({
          ...{ key: name, fileName: name, size: 5 },
          modified: new Date(from + index).toISOString(),
        }))
        return { objects, ...(from + perPage < names.length && { next: String(from + perPage) }) }
      },
    },
  } as unknown as BrowserClient
  return {
    entries: new Entries(client),
    calls,
    names,
    leave: (left: Partial<UnfinishedDownload>[]) => {
      unfinished = left
    },
  }
}

const namesIn = (entries: Entries, filter = '') => entries.sorted(filter).map(({ fileName }) => fileName)

test('what was stored last comes first, whatever page it is on', async () => {
  const { entries, calls } = bucketOf(['a', 'b', 'c', 'd', 'e'], 2)
  await entries.load(signal)
  expect(namesIn(entries)).toEqual(['e', 'd', 'c', 'b', 'a'])
  expect(calls).toEqual([undefined, '2', '4'])
  expect(entries.hasMore).toBe(false)
})

test('a bucket of many pages is asked for ten of them at a time', async () => {
  const { entries, calls } = bucketOf(
    Array.from({ length: 23 }, (_, number) => `file ${number}`),
    1,
  )
  await entries.load(signal)
  expect([calls.length, entries.all.length, entries.hasMore]).toEqual([10, 10, true])
  await entries.more(signal)
  await entries.more(signal)
  expect([calls.length, entries.all.length, entries.hasMore]).toEqual([23, 23, false])
})

test('what was begun comes first, is not filtered away, and stays where the bucket has lost it', async () => {
  const { entries, leave } = bucketOf(['a', 'b'], 2)
  leave([
    { key: 'a', fileName: 'a', size: 5, bytes: 3 },
    { key: 'gone', fileName: 'gone', size: 9, bytes: 4 },
  ])
  await entries.load(signal)
  expect(namesIn(entries)).toEqual(['a', 'gone', 'b'])
  expect(namesIn(entries, 'nothing')).toEqual(['a', 'gone'])
})

test('what is gone from the bucket is gone from the list, and what is there keeps its place', async () => {
  const { entries, names } = bucketOf(['a', 'b', 'c'], 2)
  await entries.load(signal)
  const [, before] = entries.sorted('')
  names.splice(0, 1)
  await entries.load(signal)
  expect(namesIn(entries)).toEqual(['c', 'b'])
  expect(entries.sorted('')[1]).toBe(before)
})
