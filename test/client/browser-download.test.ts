import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  discardDownload,
  download,
  type UnfinishedDownload,
  unfinishedDownloads,
} from '../../client/browser/download.ts'
import { FileTarget } from '../../client/browser/file-target.ts'
import type { DownloadOptions } from '../../client/download.ts'
import type { Download } from '../../client/download-events.ts'
import { IntegrityError } from '../../client/errors.ts'
import { PlaceError } from '../../client/place-error.ts'
import { bytesOf, damage, KEY, MIB, openSetting, type Setting } from './download-setting.ts'
import { FakePlace, fakeRecords } from './fake-place.ts'
import { pseudoRandom } from './servers.ts'

async function open(setting: Setting = {}, place = new FakePlace()) {
  const opened = await openSetting(setting)
  const { api } = opened
  const records = fakeRecords()
  const begin = (options: DownloadOptions = {}) =>
    download(KEY, place.handle, { api, records, random: () => 0 }, options)
  const unfinished = () => unfinishedDownloads(api.endpoint, records)

  /** Begins, and stops it once so many bytes have arrived. */
  async function stopAfter(bytes: number): Promise<UnfinishedDownload | undefined> {
    const stop = new AbortController()
    const run = begin({ concurrency: 1, signal: stop.signal })
    run.on('progress', ({ bytesReceived }) => bytesReceived >= bytes && stop.abort())
    await run.result.catch(() => {})
    expect(run.snapshot().state).toBe('resumable')
    opened.ranges.length = 0
    return (await unfinished())[0]
  }

  return { ...opened, place, records, begin, unfinished, stopAfter }
}

function restartsOf(run: Download): string[] {
  const reasons: string[] = []
  run.on('restarted', ({ reason }) => reasons.push(reason))
  return reasons
}

const asked = (ranges: readonly string[]) =>
  ranges.map(bytesOf).reduce((sum, { first, end }) => sum + end - first, 0)

describe('a download into a file that was chosen', () => {
  test('arrives whole, is compared with the checksum, and is forgotten', async () => {
    const { object, place, begin, unfinished, ranges } = await open()
    const result = await begin().result
    expect(result).toMatchObject({ path: 'film.mov', verified: 'checksum', bytesResumed: 0 })
    expect(place.content?.equals(object)).toBe(true)
    expect(asked(ranges)).toBe(object.length)
    expect(place.closed).toBe(1)
    expect(await unfinished()).toEqual([])
  })

  test('that was stopped keeps what had arrived, and goes on with the first byte that is missing', async () => {
    const { object, place, begin, stopAfter, ranges } = await open()
    const kept = await stopAfter(2 * MIB)
    expect(kept).toMatchObject({ key: KEY, fileName: 'film.mov', size: object.length, place })
    const there = kept?.bytes ?? 0
    expect(there).toBeGreaterThanOrEqual(2 * MIB)
    const run = begin()
    expect(await run.result).toMatchObject({ verified: 'checksum', bytesResumed: there })
    expect(bytesOf(ranges[0] ?? '').first).toBe(there)
    expect(asked(ranges)).toBe(object.length - there)
    expect(place.content?.equals(object)).toBe(true)
  })

  test('whose connection breaks asks for the rest alone', async () => {
    const { object, begin, ranges, place } = await open({
      object: pseudoRandom(MIB),
      trouble(request, response, nth) {
        if (nth > 1) return false
        const { first, end } = bytesOf(request.headers.range ?? '')
        response.writeHead(206, {
          'content-range': `bytes ${first}-${end - 1}/${MIB}`,
          'content-length': end - first,
        })
        response.write(pseudoRandom(MIB).subarray(0, 1000), () => response.destroy())
        return true
      },
    })
    const run = begin({ concurrency: 1 })
    expect(await run.result).toMatchObject({ verified: 'checksum' })
    expect(run.snapshot().retries).toBe(1)
    expect(bytesOf(ranges[1] ?? '').first).toBe(1000)
    expect(place.content?.equals(object)).toBe(true)
  })

  test('is compared with the ETag where the store keeps no checksum', async () => {
    const object = pseudoRandom(MIB)
    const etag = createHash('md5').update(object).digest('hex')
    const { begin } = await open({ object, etag, answer: { checksum: undefined, partSize: undefined } })
    expect(await begin().result).toMatchObject({ verified: 'etag' })
  })

  test('of nothing replaces what the file had', async () => {
    const { begin, place } = await open({ object: Buffer.alloc(0) }, new FakePlace('a', Buffer.from('old')))
    expect(await begin().result).toMatchObject({ size: 0 })
    expect(place.content).toEqual(Buffer.alloc(0))
  })

  test('of less than the file had leaves nothing of that', async () => {
    const { object, begin, place } = await open({}, new FakePlace('a', Buffer.alloc(9 * MIB, 1)))
    await begin().result
    expect(place.content?.equals(object)).toBe(true)
  })
})

describe('a download that goes on', () => {
  test('begins anew where the object is another by now, and says so', async () => {
    const { store, place, begin, stopAfter } = await open()
    await stopAfter(2 * MIB)
    store.object = pseudoRandom(3 * MIB)
    store.etag = 'def'
    const run = begin()
    const reasons = restartsOf(run)
    expect(await run.result).toMatchObject({ bytesResumed: 0, etag: 'def' })
    expect(reasons).toEqual(['the object has changed since'])
    expect(place.content?.equals(store.object)).toBe(true)
  })

  test('reads a file again that was written to, and believes what it finds', async () => {
    const { object, place, begin, stopAfter, ranges } = await open()
    const there = (await stopAfter(2 * MIB))?.bytes ?? 0
    place.lastModified += 1000
    const run = begin()
    const reasons = restartsOf(run)
    expect(await run.result).toMatchObject({ verified: 'checksum', bytesResumed: there })
    expect(asked(ranges)).toBe(object.length - there)
    expect(reasons).toEqual([])
  })

  test('begins anew where it finds other bytes', async () => {
    const { object, place, begin, stopAfter } = await open()
    await stopAfter(2 * MIB)
    const edited = Buffer.from(place.content ?? '')
    edited[MIB] = (edited[MIB] ?? 0) ^ 1
    place.edit(edited)
    const run = begin()
    const reasons = restartsOf(run)
    expect(await run.result).toMatchObject({ verified: 'checksum', bytesResumed: 0 })
    expect(reasons).toEqual(['what is there is not what the store holds'])
    expect(place.content?.equals(object)).toBe(true)
  })

  test('begins anew where the file has become shorter', async () => {
    const { object, place, begin, stopAfter } = await open()
    await stopAfter(2 * MIB)
    place.edit(Buffer.alloc(10))
    const run = begin()
    const reasons = restartsOf(run)
    await run.result
    expect(reasons).toEqual(['the file that was begun is another by now'])
    expect(place.content?.equals(object)).toBe(true)
  })

  test('after a kill has what the last checkpoint saved', async () => {
    const object = pseudoRandom(150 * MIB)
    const killed = new AbortController()
    const { place, begin, records, unfinished, ranges } = await open({
      object,
      answer: { partSize: 8 * MIB },
    })
    const run = begin({ concurrency: 2, signal: killed.signal })
    run.on('progress', ({ bytesReceived }) => {
      if (bytesReceived < 120 * MIB || killed.signal.aborted) return
      // A browser that is killed closes nothing, and writes nothing down.
      place.trouble = () => {
        throw new DOMException('Killed.', 'AbortError')
      }
      records.put = () => Promise.reject(new Error('Killed.'))
      killed.abort()
    })
    await run.result.catch(() => {})
    place.trouble = () => {}
    const there = (await unfinished())[0]?.bytes ?? 0
    expect(there).toBeGreaterThanOrEqual(64 * MIB)
    ranges.length = 0
    expect(await begin().result).toMatchObject({ verified: 'checksum', bytesResumed: there })
    expect(asked(ranges)).toBe(object.length - there)
    expect(place.content?.equals(object)).toBe(true)
  })
})

describe('a checkpoint', () => {
  /** A file of which so many bytes are saved, each of which took a microsecond to copy. */
  async function saved(bytes: number) {
    let now = 0
    const place = new FakePlace()
    place.trouble = (step) => {
      if (step === 'open') now += (place.content?.length ?? 0) / 1000
    }
    const ports = {
      endpoint: '',
      records: fakeRecords(),
      locks: null,
      clock: { now: () => now, after: () => () => {} },
    }
    const target = await FileTarget.claim(place.handle, 'film.mov', ports)
    await target.begin({ key: KEY, etag: 'abc', size: 2 * bytes })
    const block = new Uint8Array(MIB)
    for (let at = 0; at < bytes; at += MIB) await target.write(block, at)
    await target.sync()
    // The next one copies.
    await target.write(block, bytes)
    return { target, wait: (ms: number) => (now += ms) }
  }

  test('comes with 64 MiB, and then with half of what is saved', async () => {
    const { target, wait } = await saved(MIB)
    wait(24 * 3_600_000)
    expect(target.isDue(64 * MIB - 1, 0)).toBe(false)
    expect(target.isDue(64 * MIB, 0)).toBe(true)
    expect(target.isDue(64 * MIB, 256 * MIB)).toBe(false)
    expect(target.isDue(128 * MIB, 256 * MIB)).toBe(true)
  })

  test('comes after five times as long as it took to copy what is saved', async () => {
    const { target, wait } = await saved(8 * MIB)
    const copyMs = (200 * MIB) / 1000
    wait(4 * copyMs)
    expect(target.isDue(200 * MIB, 200 * MIB)).toBe(false)
    wait(copyMs)
    expect(target.isDue(200 * MIB, 200 * MIB)).toBe(true)
  })
})

describe('a file that cannot be written', () => {
  test.each([
    ['open', 'NotAllowedError', 'not-allowed'],
    ['open', 'NoModificationAllowedError', 'busy'],
    ['open', 'NotFoundError', 'gone'],
    ['write', 'QuotaExceededError', 'no-space'],
    ['close', 'QuotaExceededError', 'no-space'],
    ['write', 'InvalidStateError', 'failed'],
  ] as const)('is told as what it is: at %s, %s', async (step, name, reason) => {
    const { place, begin } = await open()
    place.trouble = (at) => {
      if (at === step) throw new DOMException('No.', name)
    }
    const error = await begin().result.catch((error: unknown) => error)
    expect(error).toBeInstanceOf(PlaceError)
    expect(error).toMatchObject({ reason, resumable: reason !== 'gone' })
  })

  test('has what was saved before, once there is space', async () => {
    const { object, place, begin, stopAfter, unfinished } = await open()
    const there = (await stopAfter(2 * MIB))?.bytes ?? 0
    place.trouble = (step, end) => {
      if (step === 'write' && end > 3 * MIB) throw new DOMException('No.', 'QuotaExceededError')
    }
    await expect(begin().result).rejects.toMatchObject({ reason: 'no-space' })
    expect((await unfinished())[0]?.bytes).toBe(there)
    place.trouble = () => {}
    expect(await begin().result).toMatchObject({ bytesResumed: there })
    expect(place.content?.equals(object)).toBe(true)
  })

  test('is refused to a second download while the first is under way', async () => {
    const { begin, stopAfter } = await open()
    await stopAfter(2 * MIB)
    const [first, second] = [begin(), begin()]
    await expect(second.result).rejects.toMatchObject({ reason: 'busy' })
    expect(await first.result).toMatchObject({ verified: 'checksum' })
  })
})

test('an object that is replaced midway is received anew', async () => {
  const opened = await open({
    trouble(_request, _response, nth) {
      if (nth === 3) {
        opened.store.object = pseudoRandom(3 * MIB)
        opened.store.etag = 'def'
      }
      return false
    },
  })
  const run = opened.begin({ concurrency: 1 })
  const reasons = restartsOf(run)
  expect(await run.result).toMatchObject({ etag: 'def' })
  expect(reasons).toEqual(['the object has changed meanwhile'])
  expect(opened.place.content?.equals(opened.store.object)).toBe(true)
})

describe('bytes that do not compare', () => {
  test('are received anew, once', async () => {
    const { object, place, begin } = await open({
      trouble: (request, response, nth) => nth === 2 && damage(object, request, response),
    })
    const run = begin()
    const reasons = restartsOf(run)
    expect(await run.result).toMatchObject({ verified: 'checksum' })
    expect(reasons).toEqual(['what is there is not what the store holds'])
    expect(place.content?.equals(object)).toBe(true)
  })

  test('time and again leave no file behind', async () => {
    const { object, place, begin, unfinished } = await open({
      trouble: (request, response) => damage(object, request, response),
    })
    await expect(begin().result).rejects.toThrow(IntegrityError)
    expect(place.content).toBeUndefined()
    expect(await unfinished()).toEqual([])
  })
})

describe('a download that is discarded', () => {
  test('leaves no file behind', async () => {
    const { place, records, stopAfter, unfinished } = await open()
    await stopAfter(2 * MIB)
    await discardDownload(place.handle, records)
    expect(place.content).toBeUndefined()
    expect(await unfinished()).toEqual([])
  })

  test('leaves a file alone that somebody wrote to', async () => {
    const { place, records, stopAfter, unfinished } = await open()
    await stopAfter(2 * MIB)
    place.edit(Buffer.from('mine'))
    await discardDownload(place.handle, records)
    expect(String(place.content)).toBe('mine')
    expect(await unfinished()).toEqual([])
  })
})
