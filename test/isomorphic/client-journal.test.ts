import { describe, expect, test } from 'vitest'
import { BusyError, SourceChangedError, UploadGoneError } from '../../client/errors.ts'
import type { Upload } from '../../client/events.ts'
import { createHolds } from '../../client/holds.ts'
import { replay } from '../../client/journal.ts'
import { FakeSource, problem } from '../client/fake-store.ts'
import { isPart, reached, type Setting, setting } from '../client/upload-setting.ts'

const MINUTE = 60_000

/** The first run loses its network after five parts. */
async function interrupted(options: Setting = {}) {
  const all = setting({ ...options, fault: (request) => (isPart(6)(request) ? 'drop' : undefined) })
  await expect(all.begin({ concurrency: 1 }).result).rejects.toMatchObject({ resumable: true })
  all.store.fault = () => undefined
  all.store.requests.length = 0
  return all
}

function told(run: Upload): string[] {
  const told: string[] = []
  run.on('restarted', () => told.push('restarted'))
  run.on('resumed', ({ parts }) => told.push(`resumed ${parts}`))
  run.on('set-aside', ({ reason }) => told.push(`set aside: ${reason}`))
  return told
}

describe('a journal', () => {
  test('is on the disk before the first part is sent, and before complete is asked for', async () => {
    const { store, journals, begin } = setting()
    const seen: unknown[] = []
    store.fault = ({ operation, partNumber }) => {
      if (partNumber === 1 || operation === 'complete') seen.push(journals.durableTypes)
      return undefined
    }
    await begin({ concurrency: 1 }).result
    expect(seen[0]).toEqual(['upload'])
    expect(seen[1]).toContain('completing')
  })

  test('holds no URL', async () => {
    const { journals } = await interrupted()
    expect(journals.parts).toEqual([1, 2, 3, 4, 5])
    expect(JSON.stringify(journals.entries)).not.toContain('|')
  })

  test.each(['done', 'aborted'] as const)(
    'of an upload that is %s lets the next begin anew',
    async (type) => {
      const { store, source, journals, begin } = await interrupted()
      journals.change((entries) => [...entries, { type }])
      const run = begin()
      const events = told(run)
      const { key } = await run.result
      expect(events).toEqual([])
      expect(store.count('initiate')).toBe(1)
      expect(store.partsPut()).toHaveLength(10)
      expect(store.objects.get(key)).toEqual(source.bytes)
      expect(store.count('abort')).toBe(type === 'aborted' ? 1 : 0)
    },
  )

  test('of an upload that has vanished has it begun anew by the same plan, after complete was asked', async () => {
    const { store, source, begin } = await interrupted({ partSize: 10 })
    store.uploads.clear()
    const run = begin({ partSize: 20 })
    const events = told(run)
    const { key } = await run.result
    expect(events).toEqual(['restarted'])
    expect(store.requests.slice(0, 4).map(({ operation }) => operation)).toEqual(
      expect.arrayContaining(['list-parts', 'complete', 'initiate']),
    )
    expect(run.snapshot().parts).toHaveLength(10)
    expect(store.objects.get(key)).toEqual(source.bytes)
  })

  test('of an upload that has vanished is done with, even where a pause comes before another is begun', async () => {
    const { store, source, clock, begin } = await interrupted()
    store.uploads.clear()
    const run = begin({ concurrency: 2 })
    const events = told(run)
    let pauses = 0
    store.fault = ({ operation }) => {
      if (operation !== 'initiate' || pauses++ > 0) return undefined
      clock.after(2, () => {
        run.pause()
        clock.after(50, () => run.resume())
      })
      return undefined
    }
    const { key } = await run.result
    expect(store.objects.get(key)).toEqual(source.bytes)
    expect(store.count('initiate')).toBe(2)
    expect(store.count('complete')).toBe(2)
    expect(events).toEqual(['restarted'])
  })

  test('that cannot be read is set aside, and the upload is searched for', async () => {
    const { store, source, journals, begin } = await interrupted()
    journals.setAside('line 3 is damaged')
    const run = begin()
    const events = told(run)
    const { key } = await run.result
    expect(events).toEqual(['set aside: line 3 is damaged', 'resumed 5'])
    expect(store.partsPut().sort((a, b) => a - b)).toEqual([6, 7, 8, 9, 10])
    expect(store.objects.get(key)).toEqual(source.bytes)
  })

  test('that another upload has open lets nobody else begin', async () => {
    const { store, journals, begin } = await interrupted()
    const open = await journals.open(store.controlPlane.endpoint, '/file')
    const run = begin()
    await expect(run.result).rejects.toThrow(BusyError)
    expect(run.snapshot().state).toBe('resumable')
    expect(store.requests).toEqual([])
    await open?.close()
    await begin().result
  })
})

describe('a kill while complete is under way', () => {
  /** The call goes on without its client, and takes so long. */
  async function killed(took: number, noticedAfter: number) {
    let day = Date.UTC(2026, 10, 21)
    const all = setting({ timeOfDay: () => day, timing: {} })
    const { complete } = all.store.controlPlane
    all.store.controlPlane.complete = () => {
      all.journals.kill(1)
      return new Promise(() => {})
    }
    all.begin()
    await all.later(10 * MINUTE)
    day += noticedAfter
    const begun = all.clock.now()
    const [upload] = [...all.store.uploads].map(([uploadId, { key }]) => ({ uploadId, key }))
    const stop = new AbortController()
    all.store.controlPlane.listParts = async () => {
      throw problem('upload-unknown')
    }
    all.store.controlPlane.complete = async (asked, request, signal) => {
      if (asked.uploadId !== upload?.uploadId) return complete(asked, request, signal)
      if (all.clock.now() - begun < took) throw problem('upload-unknown')
      if (upload) await complete(upload, {}, stop.signal)
      return complete(asked, request, signal)
    }
    all.store.requests.length = 0
    return all
  }

  test('is settled by whoever comes next: unknown is no answer while it may be at work', async () => {
    const { store, source, begin } = await killed(5 * MINUTE, MINUTE)
    const run = begin()
    const events = told(run)
    const { key } = await run.result
    expect(events).toEqual([])
    expect(store.count('initiate')).toBe(0)
    expect(store.objects.get(key)).toEqual(source.bytes)
  })

  test('is over after 15 minutes: then unknown is gone', async () => {
    const { store, begin } = await killed(5 * MINUTE, 16 * MINUTE)
    const run = begin()
    const events = told(run)
    await run.result
    expect(events).toEqual(['restarted'])
    expect(store.count('initiate')).toBe(1)
  })
})

describe('without a journal', () => {
  async function forgotten(options: Setting = {}) {
    const all = await interrupted(options)
    all.journals.change(() => [])
    return all
  }

  test('an upload of the same name and size is found, its parts are read, and what is missing is sent', async () => {
    const { store, source, begin } = await forgotten()
    const run = begin({ resume: 'search' })
    const events = told(run)
    const result = await run.result
    expect(events).toEqual(['resumed 5'])
    expect(store.partsPut()).toEqual([6, 7, 8, 9, 10])
    expect(result).toMatchObject({ verified: 'checksum', bytesResumed: 50 })
    expect(store.objects.get(result.key)).toEqual(source.bytes)
  })

  test('the latest that is this file’s is taken, through all pages', async () => {
    const { store, source, begin } = await forgotten()
    for (let other = 0; other < 120; other++) {
      await store.controlPlane.initiate(
        { fileName: other % 2 ? 'file' : 'other', size: other % 3 ? 95 : 96 },
        new AbortController().signal,
      )
    }
    store.replacePart('40', 1, new Uint8Array(10))
    const { key } = await begin({ resume: 'search' }).result
    expect(store.partsPut()).toEqual([6, 7, 8, 9, 10])
    expect(store.objects.get(key)).toEqual(source.bytes)
  })

  test('one whose first part is another file’s is not taken', async () => {
    const { store, begin } = await forgotten()
    const alike = new FakeSource(95, { id: '/elsewhere/file', version: 2 })
    const { key } = await begin({ resume: 'search' }, alike).result
    expect(store.partsPut()).toHaveLength(10)
    expect(store.objects.get(key)).toEqual(alike.bytes)
  })

  test('a certain one can be asked for', async () => {
    const { store, begin } = await forgotten()
    const [uploadId = '', upload] = [...store.uploads][0] ?? []
    const { key } = await begin({ resume: { uploadId, key: upload?.key ?? '' } }).result
    expect(key).toBe(upload?.key)
    expect(store.partsPut()).toEqual([6, 7, 8, 9, 10])
  })

  test('a certain one of which nothing has arrived is gone on with', async () => {
    const { store, source, begin } = setting()
    const { signal } = new AbortController()
    const begun = await store.controlPlane.initiate({ fileName: 'file', size: 95 }, signal)
    const wanted = { key: begun.key, uploadId: (begun as { uploadId: string }).uploadId }
    const run = begin({ resume: wanted })
    const events = told(run)
    expect(await run.result).toMatchObject({ key: begun.key, verified: 'checksum', bytesResumed: 0 })
    expect(events).toEqual(['resumed 0'])
    expect(store.objects.get(begun.key)).toEqual(source.bytes)
  })

  test('one of which nothing has arrived is not taken for this file’s', async () => {
    const { store, begin } = setting()
    await store.controlPlane.initiate({ fileName: 'file', size: 95 }, new AbortController().signal)
    await begin({ resume: 'search' }).result
    expect(store.count('initiate')).toBe(2)
  })

  test('a certain one that is not there is told, and nothing is begun', async () => {
    const { store, begin } = await forgotten()
    const run = begin({ resume: { uploadId: 'gone', key: 'k' } })
    await expect(run.result).rejects.toThrow(UploadGoneError)
    expect(store.count('initiate')).toBe(0)
  })

  test('two files that may both go on with it do not: the second is an upload of its own', async () => {
    const { store, source, begin } = await forgotten({ holds: createHolds() })
    const copy = new FakeSource(95, { id: '/elsewhere/file' })
    const results = await Promise.all([source, copy].map((of) => begin({ resume: 'search' }, of).result))
    expect(results.map(({ bytesResumed }) => bytesResumed)).toEqual([50, 0])
    expect(results.map(({ key }) => store.objects.get(key))).toEqual([source.bytes, source.bytes])
    expect(store.objects.size).toBe(2)
  })

  test('what another transfer is looking at is waited for, and is gone on with by whose it is', async () => {
    const { store, source, begin } = await forgotten({ holds: createHolds() })
    const alike = new FakeSource(95, { id: '/elsewhere/file', version: 2 })
    const results = await Promise.all([alike, source].map((of) => begin({ resume: 'search' }, of).result))
    expect(results.map(({ bytesResumed }) => bytesResumed)).toEqual([0, 50])
    expect(store.partsPut()).toHaveLength(15)
  })

  test('what another transfer has begun is not found, until that one has stopped', async () => {
    const { store, source, begin } = setting({ holds: createHolds() })
    const copy = new FakeSource(95, { id: '/elsewhere/file' })
    const stop = new AbortController()
    const first = begin({ signal: stop.signal }, source)
    await reached(first, 3)
    first.pause()
    const { bytesResumed } = await begin({ resume: 'search' }, copy).result
    expect(bytesResumed).toBe(0)
    stop.abort()
    await expect(first.result).rejects.toThrow()
    const { partsDone } = first.snapshot()
    const third = new FakeSource(95, { id: '/a/third/file' })
    expect((await begin({ resume: 'search' }, third).result).bytesResumed).toBeGreaterThanOrEqual(
      partsDone * 10,
    )
    expect(store.count('initiate')).toBe(2)
  })

  test('what a journal tells of, and another transfer found, is that one’s', async () => {
    const { store, source, begin } = await interrupted({ holds: createHolds() })
    const copy = begin({ resume: 'search' }, new FakeSource(95, { id: '/elsewhere/file' }))
    await reached(copy, 6)
    const results = await Promise.all([copy.result, begin({}, source).result])
    expect(results.map(({ bytesResumed }) => bytesResumed)).toEqual([50, 0])
    expect(store.objects.size).toBe(2)
  })

  test('who waits for another to look can be stopped', async () => {
    const { store, source, begin } = await forgotten({ holds: createHolds() })
    store.fault = ({ operation }) => (operation === 'list-parts' ? 'unreached' : undefined)
    const first = begin({ resume: 'search' }, source)
    const stop = new AbortController()
    const second = begin(
      { resume: 'search', signal: stop.signal },
      new FakeSource(95, { id: '/elsewhere/file' }),
    )
    await new Promise<void>((resolve) => first.on('retry', () => resolve()))
    stop.abort()
    await expect(second.result).rejects.toMatchObject({ name: 'AbortedError', resumable: true })
    store.fault = () => undefined
    expect((await first.result).bytesResumed).toBe(50)
  })

  test('nothing is looked for unless that is asked for', async () => {
    const { store, begin } = await forgotten()
    await begin().result
    expect(store.count('list-uploads')).toBe(0)
    expect(store.partsPut()).toHaveLength(10)
  })
})

describe('a source that was touched', () => {
  test('midway is read again before it is completed, and nothing is sent twice', async () => {
    const { store, source, journals, begin } = setting()
    store.fault = (request) => {
      if (isPart(6)(request)) source.touched = true
      return undefined
    }
    const result = await begin({ concurrency: 1 }).result
    expect(store.partsPut()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(source.bytesChecked).toBeGreaterThanOrEqual(95 + 60)
    expect(result).toMatchObject({ verified: 'checksum', bytesResumed: 0 })
    expect(journals.size).toBe(0)
  })

  test('midway, and is another in truth, has what is another sent again', async () => {
    const { store, source, begin } = setting()
    store.fault = (request) => {
      if (isPart(6)(request)) {
        source.touched = true
        source.bytes.fill(7, 20, 30)
      }
      return undefined
    }
    const { key } = await begin({ concurrency: 1 }).result
    expect(store.partsPut().filter((partNumber) => partNumber === 3)).toHaveLength(2)
    expect(store.objects.get(key)).toEqual(source.bytes)
  })

  test('while a part is on its way has that part journaled only once it was read again', async () => {
    const { store, source, journals, begin } = setting()
    const journaled: number[][] = []
    store.fault = (request) => {
      if (isPart(4)(request)) source.touched = true
      if (isPart(5)(request)) journaled.push([...(replay(journals.entries)?.parts.keys() ?? [])])
      return undefined
    }
    await begin({ concurrency: 1 }).result
    expect(journaled).toEqual([[]])
  })

  test('while a part is sent again that the store has lost does not count by what was journaled of it before', async () => {
    const { store, source, journals, begin } = await interrupted()
    store.uploads.get('1')?.parts.delete(3)
    const journaled: number[][] = []
    store.fault = (request) => {
      if (isPart(3)(request)) source.touched = true
      if (isPart(6)(request)) journaled.push([...(replay(journals.entries)?.parts.keys() ?? [])])
      return undefined
    }
    await begin({ concurrency: 1 }).result
    expect(journaled).toEqual([[]])
  })

  test('between two runs is read again, even where the second is killed before it has', async () => {
    const { store, source, journals, begin, later } = await interrupted()
    source.identity.touched = 'later'
    source.bytes.fill(7, 20, 30)
    const { listParts } = store.controlPlane
    store.controlPlane.listParts = () => new Promise(() => {})
    begin()
    await later(100)
    journals.kill(0)
    store.controlPlane.listParts = listParts
    const { key } = await begin().result
    expect(store.objects.get(key)).toEqual(source.bytes)
  })
})

test('a source that has changed since is refused, and what has changed is named', async () => {
  const { store, begin } = await interrupted()
  const run = begin({}, new FakeSource(95, { version: 2 }))
  await expect(run.result).rejects.toThrow(SourceChangedError)
  await expect(run.result).rejects.toThrow('version was 1, is 2')
  expect(store.requests).toEqual([])
})

test('ten thousand parts, nine thousand of them there: the first new one is sent at once', async () => {
  const all = setting({ size: 10_000, partSize: 1 })
  all.store.fault = (request) => (isPart(9_001)(request) ? 'drop' : undefined)
  const stopped = all.begin({ concurrency: 1, signal: AbortSignal.timeout(60_000) })
  await expect(stopped.result).rejects.toMatchObject({ resumable: true })
  all.store.fault = () => undefined
  all.store.requests.length = 0
  const began = all.clock.now()
  const run = all.begin()
  const first = new Promise<number>((resolve) => {
    run.on('part', ({ partNumber, state }) => state === 'sending' && resolve(partNumber))
  })
  expect(await first).toBe(9_001)
  expect(all.clock.now() - began).toBeLessThan(50)
  expect(all.store.requests.map(({ operation }) => operation)).toEqual(['list-parts', 'presign'])
  expect(await run.result).toMatchObject({ verified: 'checksum', bytesResumed: 9_000 })
  expect(all.store.count('presign')).toBe(1)
}, 60_000)
