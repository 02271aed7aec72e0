import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Download } from '../../client/download-events.ts'
import { ObjectChangedError, RangeNotSatisfiableError } from '../../client/node/index.ts'
import { bytesOf, MIB, openSetting } from './download-setting.ts'

const SIZE = 5 * MIB + 3

function reasonOf(run: Download): () => string | undefined {
  let reason: string | undefined
  run.on('restarted', (event) => {
    reason = event.reason
  })
  return () => reason
}

test.each([
  ['from the middle', { start: 1000, end: 3 * MIB + 5 }, [1000, 3 * MIB + 5]],
  ['of one byte', { start: 7, end: 8 }, [7, 8]],
  ['to the end', { start: 2 * MIB }, [2 * MIB, SIZE]],
  ['to beyond the end', { start: 2 * MIB, end: 2 ** 40 }, [2 * MIB, SIZE]],
  ['of the last bytes', { start: -1000 }, [SIZE - 1000, SIZE]],
] as const)(
  'a range %s arrives, nothing else is asked for, and its size is what is compared',
  async (_, range, [start, end]) => {
    const { object, folder, ranges, begin } = await openSetting()
    const run = begin({ range })
    const started: unknown[] = []
    run.on('started', ({ size }) => started.push(size))
    const { path, ...result } = await run.result
    expect((await readFile(path)).equals(object.subarray(start, end))).toBe(true)
    expect(result).toMatchObject({
      size: end - start,
      range: { start, end },
      verified: 'size',
      downgraded: 'Of a range of an object, the store tells no checksum.',
      bytesTransferred: end - start,
    })
    expect(started).toEqual([end - start])
    const asked = ranges.map(bytesOf)
    expect(Math.min(...asked.map(({ first }) => first))).toBe(start)
    expect(Math.max(...asked.map((range) => range.end))).toBe(end)
    expect(await readdir(folder)).toEqual(['film.mov'])
  },
)

test.each([{ start: 0 }, { start: 0, end: SIZE }, { start: -(2 ** 40) }])(
  '%j of an object is all of it, and is verified as such',
  async (range) => {
    const { begin } = await openSetting()
    expect(await begin({ range }).result).toMatchObject({ range: undefined, verified: 'checksum' })
  },
)

test('bytes that say they are of another object do not count, where If-Match is ignored', async () => {
  const { begin, folder } = await openSetting({ headers: { etag: '"another"' } })
  await expect(begin({ range: { start: 5, end: 3 * MIB } }).result).rejects.toThrow(ObjectChangedError)
  expect(await readdir(folder)).toEqual([])
})

test('all of an empty object is a range as well', async () => {
  const { begin } = await openSetting({ object: Buffer.alloc(0) })
  expect(await begin({ range: { start: 0, end: 10 } }).result).toMatchObject({
    size: 0,
    verified: 'checksum',
  })
})

test('a range that the object does not have is told, and leaves nothing behind', async () => {
  const { folder, ranges, begin } = await openSetting()
  await expect(begin({ range: { start: SIZE } }).result).rejects.toThrow(RangeNotSatisfiableError)
  expect(ranges).toEqual([])
  expect(await readdir(folder)).toEqual([])
})

test.each([
  { start: 5, end: 5 },
  { start: 5, end: 4 },
  { start: 0.5 },
  { start: -5, end: 3 },
  { start: Number.NaN },
])('%j is no range', async (range) => {
  const { begin } = await openSetting()
  expect(() => begin({ range })).toThrow(RangeError)
})

test('a range of an object without a checksum is compared by its size, too', async () => {
  const { begin } = await openSetting({ etag: 'a'.repeat(32), answer: { checksum: undefined, partCount: 1 } })
  expect(await begin({ range: { start: 1, end: 5 } }).result).toMatchObject({ size: 4, verified: 'size' })
})

describe('a range that was stopped', () => {
  const range = { start: MIB / 2, end: 4 * MIB }

  async function stopped() {
    const opened = await openSetting()
    const run = await opened.beginAndStop(2 * MIB, { range })
    const { bytesReceived: kept } = run.snapshot()
    expect(kept).toBeGreaterThanOrEqual(2 * MIB)
    opened.ranges.length = 0
    return { ...opened, kept, path: join(opened.folder, 'film.mov') }
  }

  test('goes on with the first byte that is missing', async () => {
    const { object, ranges, begin, kept, path } = await stopped()
    expect(await begin({ range }).result).toMatchObject({
      size: range.end - range.start,
      bytesResumed: kept,
      bytesTransferred: range.end - range.start - kept,
    })
    expect(bytesOf(ranges[0] ?? '').first).toBe(range.start + kept)
    expect((await readFile(path)).equals(object.subarray(range.start, range.end))).toBe(true)
  })

  test.each([
    ['another range', { start: MIB / 2 - 1, end: 4 * MIB - 1 }],
    ['the whole object', undefined],
  ])('begins anew for %s, and says why', async (_, other) => {
    const { object, begin, path } = await stopped()
    const run = begin({ range: other })
    const reason = reasonOf(run)
    expect(await run.result).toMatchObject({ bytesResumed: 0 })
    expect(reason()).toBe(`what is there is of its bytes ${range.start} to ${range.end - 1}`)
    expect((await readFile(path)).equals(object.subarray(other?.start ?? 0, other?.end))).toBe(true)
  })

  test('begins anew where the object has changed since', async () => {
    const { store, begin, path } = await stopped()
    store.object = Buffer.alloc(5 * MIB, 'x')
    store.etag = 'def'
    const run = begin({ range })
    const reason = reasonOf(run)
    await run.result
    expect(reason()).toBe('the object has changed since')
    expect((await readFile(path)).equals(store.object.subarray(range.start, range.end))).toBe(true)
  })
})

test('the whole object begins anew for a range of it, and says why', async () => {
  const { object, begin, beginAndStop } = await openSetting()
  await beginAndStop(2 * MIB)
  const run = begin({ range: { start: 0, end: 3 * MIB } })
  const reason = reasonOf(run)
  const { path } = await run.result
  expect(reason()).toBe('what is there is of the whole object')
  expect((await readFile(path)).equals(object.subarray(0, 3 * MIB))).toBe(true)
})
