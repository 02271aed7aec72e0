import { describe, expect, test, vi } from 'vitest'
import { AbortedError, ApiError, BusyError, SourceChangedError, StoreError } from '../../client/errors.ts'
import { lateJournal } from '../../client/late-journal.ts'
import type { UploadOptions } from '../../client/upload.ts'
import { BUSY_SECONDS, FakeSource, problem } from '../client/fake-store.ts'
import { is, isPart, isPut, once, reached, type Setting, setting } from '../client/upload-setting.ts'

describe('an upload in parts', () => {
  test('takes two calls of the API, sends each part once, and is verified by checksum', async () => {
    const { store, source, begin, journals } = setting()
    const result = await begin().result
    expect(result).toMatchObject({ size: 95, verified: 'checksum', bytesTransferred: 95, bytesResumed: 0 })
    expect(store.objects.get(result.key)).toEqual(source.bytes)
    expect(store.requests.filter((request) => !isPut(request))).toEqual([
      { operation: 'initiate' },
      { operation: 'complete' },
    ])
    expect(store.partsPut().sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(journals.size).toBe(0)
  })

  test('without CRCs of its own it is verified by size', async () => {
    const { begin } = setting({ computesCrc: false })
    expect(await begin().result).toMatchObject({ verified: 'size' })
  })

  test('of 2,500 parts signs the second and the third window just in time', async () => {
    const { store, source, begin } = setting({ size: 5000, partSize: 2 })
    const { key } = await begin().result
    expect(store.count('presign')).toBe(2)
    expect(store.objects.get(key)).toEqual(source.bytes)
  })

  test('never has more parts under way than it may', async () => {
    const { begin } = setting({ size: 200 })
    const run = begin({ concurrency: 3 })
    let most = 0
    run.on('progress', () => {
      most = Math.max(most, run.snapshot().parts.filter((state) => state === 'sending').length)
    })
    await run.result
    expect(most).toBe(3)
  })

  test('tells its states, its parts and its bytes', async () => {
    const { begin } = setting({ size: 25 })
    const run = begin()
    const states: string[] = []
    run.on('state', ({ previous, state }) => states.push(`${previous} → ${state}`))
    let bytes = 0
    run.on('progress', ({ bytesSent }) => {
      bytes = bytesSent
    })
    expect(run.snapshot()).toMatchObject({ state: 'planned', size: 25, bytesSent: 0, parts: [] })
    await run.result
    expect(states).toEqual(['planned → uploading', 'uploading → completing', 'completing → done'])
    expect(bytes).toBe(25)
    expect(run.snapshot()).toMatchObject({
      state: 'done',
      bytesAcknowledged: 25,
      parts: ['done', 'done', 'done'],
      partsDone: 3,
      eta: 0,
    })
  })
})

describe('a part', () => {
  test('whose URL was refused is signed again at once, in one call for the window', async () => {
    const { store, source, begin } = setting({ fault: once('refuse', isPart(4)) })
    const { key } = await begin({ concurrency: 1 }).result
    expect(store.requests.filter(is('presign'))).toEqual([{ operation: 'presign', from: 4, to: 10 }])
    expect(store.count('put')).toBe(11)
    expect(store.objects.get(key)).toEqual(source.bytes)
  })

  test('shares the call that signs again with all whose URLs died, however late they notice', async () => {
    const { store, begin } = setting({ size: 300, fault: once('drop', isPart(1)) })
    store.revokedAt = 450
    await begin({ concurrency: 3 }).result
    expect(store.count('put')).toBeGreaterThan(32)
    expect(store.count('presign')).toBe(1)
  })

  test('that is behind the others shares the window that they sign', async () => {
    const { store, begin } = setting({ size: 3000, expiresIn: 5, fault: once('silent', isPart(1)) })
    await begin().result
    expect(store.requests.find(is('presign'))).toMatchObject({ operation: 'presign', from: 1 })
  })

  test('is signed again before its URL expires', async () => {
    const { store, begin } = setting({ expiresIn: 1, size: 1000 })
    const refused: unknown[] = []
    const run = begin({ concurrency: 2 })
    run.on('retry', ({ error }) => refused.push(error))
    await run.result
    expect(store.count('presign')).toBeGreaterThan(3)
    expect(refused).toEqual([])
  })

  test('that is denied with every signature fails the upload, and the parts are kept', async () => {
    const { store, journals, begin } = setting({
      fault: (request) => (isPart(2)(request) ? 'denied' : undefined),
    })
    const run = begin({ concurrency: 1 })
    await expect(run.result).rejects.toThrow(StoreError)
    expect(run.snapshot()).toMatchObject({ state: 'resumable', error: { status: 403, resumable: true } })
    expect(store.partsPut()).toEqual([1, 2, 2, 2, 2])
    expect(store.count('abort')).toBe(0)
    expect(journals.size).toBe(1)
  })

  test.each(['busy', 'drop', 'lost'] as const)('that meets %s is sent again', async (fault) => {
    const { store, source, begin } = setting({ fault: once(fault, isPart(3), 4) })
    const { key, verified } = await begin().result
    expect(verified).toBe('checksum')
    expect(store.partsPut().filter((number) => number === 3)).toHaveLength(5)
    expect(store.objects.get(key)).toEqual(source.bytes)
  })

  test('waits as long as a busy store asks', async () => {
    const { begin } = setting({ fault: once('busy', isPart(3)) })
    const run = begin()
    const delays: number[] = []
    run.on('retry', ({ delay }) => delays.push(delay))
    await run.result
    expect(delays).toEqual([BUSY_SECONDS * 1000])
  })

  test.each(['stall', 'silent'] as const)(
    'that moves no bytes for 30 s (%s) is cut and sent again',
    async (fault) => {
      const { clock, begin } = setting({ fault: once(fault, isPart(3)) })
      const run = begin()
      const errors: string[] = []
      run.on('retry', ({ error }) => errors.push(error.message))
      await run.result
      expect(errors).toEqual(['Expected bytes to move, got none for 30 s.'])
      expect(clock.now()).toBeGreaterThan(30_000)
      expect(clock.now()).toBeLessThan(32_000)
    },
  )

  test('that is handed over whole and never answered is cut after a minute and sent again', async () => {
    const { clock, begin } = setting({ fault: once('unanswered', isPart(3)) })
    const run = begin()
    const errors: string[] = []
    run.on('retry', ({ error }) => errors.push(error.message))
    await run.result
    expect(errors).toEqual(['Expected bytes to move, got none for 60 s.'])
    expect(clock.now()).toBeGreaterThan(60_000)
  })

  test('that keeps failing is sent again as long as others get through', async () => {
    const { store, begin } = setting({ size: 1000, fault: once('drop', isPart(3), 20) })
    expect(await begin().result).toMatchObject({ size: 1000 })
    expect(store.partsPut().filter((number) => number === 3)).toHaveLength(21)
  })

  test('that keeps failing after everything else is done fails the upload in the end', async () => {
    const { store, begin } = setting({ fault: (request) => (isPart(3)(request) ? 'busy' : undefined) })
    await expect(begin().result).rejects.toMatchObject({
      name: 'StoreError',
      code: 'SlowDown',
      resumable: true,
    })
    expect(store.partsPut().filter((number) => number !== 3)).toHaveLength(9)
  })

  test('that the store keeps with other bytes is found at complete and sent again', async () => {
    const { store, source, begin } = setting({ fault: once('corrupt', isPart(7)) })
    const { key, verified } = await begin().result
    expect(verified).toBe('checksum')
    expect(store.partsPut().filter((number) => number === 7)).toHaveLength(2)
    expect(store.partsPut()).toHaveLength(11)
    expect(store.objects.get(key)).toEqual(source.bytes)
  })
})

describe('complete', () => {
  test('whose answer was lost is settled by asking again', async () => {
    const { store, begin } = setting({ fault: once('lost', is('complete'), 3) })
    expect(await begin().result).toMatchObject({ verified: 'checksum' })
    expect(store.count('complete')).toBe(4)
    expect(store.count('initiate')).toBe(1)
  })

  test('that finds parts missing has those sent again, and no others', async () => {
    const { store, source, begin } = setting()
    const fault = store.fault
    store.fault = (request) => {
      if (request.operation === 'complete' && store.count('complete') === 1)
        store.uploads.get('1')?.parts.delete(5)
      return fault(request)
    }
    const { key } = await begin().result
    expect(store.partsPut().filter((number) => number === 5)).toHaveLength(2)
    expect(store.partsPut()).toHaveLength(11)
    expect(store.objects.get(key)).toEqual(source.bytes)
  })

  test.each(['store-error', 'internal-error'] as const)(
    'that answers %s for good fails in minutes',
    async (type) => {
      const { clock, store, begin } = setting()
      store.controlPlane.complete = () => Promise.reject(problem(type))
      await expect(begin().result).rejects.toMatchObject({ type, resumable: true })
      expect(clock.now()).toBeLessThan(4 * 60_000)
    },
  )

  test('is waited for as long as its function may run where the gateway gives up on it', async () => {
    const { clock, store, begin } = setting({ timing: {} })
    const { complete } = store.controlPlane
    store.controlPlane.complete = async (...request) => {
      if (clock.now() < 10 * 60_000) throw new ApiError('Service Unavailable', 503)
      return complete(...request)
    }
    expect(await begin().result).toMatchObject({ size: 95 })
  })

  test('upload-unknown is no answer while an earlier call may still be at work', async () => {
    const { store, begin } = setting({ fault: once('drop', is('complete')) })
    const { complete } = store.controlPlane
    let asked = 0
    store.controlPlane.complete = async (...request) => {
      asked++
      if (asked === 2 || asked === 3) throw problem('upload-unknown')
      return complete(...request)
    }
    expect(await begin().result).toMatchObject({ size: 95 })
    expect(asked).toBe(4)
    expect(store.count('initiate')).toBe(1)
  })
})

describe('an upload that the store does not know any more', () => {
  test('is done if somebody completed it', async () => {
    const { store, source, begin } = setting({ fault: once('drop', is('complete'), 99) })
    const first = begin()
    await expect(first.result).rejects.toMatchObject({ name: 'NetworkError' })
    store.fault = once('lost', is('complete'), 99)
    await expect(begin().result).rejects.toMatchObject({ name: 'NetworkError' })
    store.fault = () => undefined
    const run = begin()
    const { key, bytesResumed } = await run.result
    expect(store.objects.get(key)).toEqual(source.bytes)
    expect(store.count('initiate')).toBe(1)
    expect(store.partsPut()).toHaveLength(10)
    expect(bytesResumed).toBe(95)
    expect(run.snapshot()).toMatchObject({ bytesSent: 95, partsDone: 10, eta: 0 })
  })

  test('is begun anew, and says so', async () => {
    const { store, source, begin } = setting({ fault: once('gone', isPart(6)) })
    const run = begin()
    const reasons: string[] = []
    run.on('restarted', ({ reason }) => reasons.push(reason))
    const { key } = await run.result
    expect(reasons).toHaveLength(1)
    expect(store.count('initiate')).toBe(2)
    expect(store.objects.get(key)).toEqual(source.bytes)
  })

  test('and vanishes every time fails the upload', async () => {
    const { store, begin } = setting({ fault: (request) => (isPart(6)(request) ? 'gone' : undefined) })
    await expect(begin().result).rejects.toMatchObject({ name: 'UploadGoneError' })
    expect(store.count('initiate')).toBe(3)
  })
})

describe('resuming', () => {
  /** The first run loses its network after some parts. */
  async function interrupted(options: Setting = {}) {
    const all = setting({ ...options, fault: (request) => (isPart(6)(request) ? 'drop' : undefined) })
    await expect(all.begin({ concurrency: 1 }).result).rejects.toMatchObject({ resumable: true })
    all.store.fault = () => undefined
    all.store.requests.length = 0
    return all
  }

  test('sends what list-parts does not have, and is verified by checksum with no second read', async () => {
    const { store, source, begin } = await interrupted()
    const run = begin()
    const resumed: unknown[] = []
    run.on('resumed', ({ parts, bytes }) => resumed.push({ parts, bytes }))
    const result = await run.result
    expect(resumed).toEqual([{ parts: 5, bytes: 50 }])
    expect(store.partsPut()).toEqual([6, 7, 8, 9, 10])
    expect(store.count('list-parts')).toBe(1)
    expect(store.count('presign')).toBe(1)
    expect(result).toMatchObject({ verified: 'checksum', bytesResumed: 50, bytesTransferred: 45 })
    expect(source.bytesChecked).toBe(95)
    expect(store.objects.get(result.key)).toEqual(source.bytes)
  })

  test('begins anew where somebody else began, who may not be gone on with', async () => {
    const { store, source, begin } = await interrupted()
    store.controlPlane.listParts = async () => {
      throw problem('key-not-yours')
    }
    const run = begin()
    const reasons: string[] = []
    run.on('restarted', ({ reason }) => reasons.push(reason))
    const { key } = await run.result
    expect(reasons).toEqual(['The upload that was begun here is another caller’s.'])
    expect(store.partsPut()).toHaveLength(10)
    expect(store.objects.get(key)).toEqual(source.bytes)
  })

  test('reads parts that nothing is remembered of, rather than sending them', async () => {
    const { store, source, journals, begin } = await interrupted()
    journals.keepParts(0)
    const result = await begin().result
    expect(store.partsPut()).toEqual([6, 7, 8, 9, 10])
    expect(source.bytesChecked).toBe(95 + 50)
    expect(result).toMatchObject({ verified: 'checksum', bytesResumed: 50 })
  })

  test('sends again what the store holds with another checksum than was read', async () => {
    const { store, source, begin } = await interrupted()
    store.replacePart('1', 2, new Uint8Array(10))
    const { key } = await begin().result
    expect(store.partsPut().sort((a, b) => a - b)).toEqual([2, 6, 7, 8, 9, 10])
    // Complete would have found it, too.
    expect(store.count('complete')).toBe(1)
    expect(store.objects.get(key)).toEqual(source.bytes)
  })

  test('does so for parts that nothing is remembered of, too', async () => {
    const { store, source, journals, begin } = await interrupted()
    journals.keepParts(0)
    store.replacePart('1', 2, new Uint8Array(10))
    const { key } = await begin().result
    expect(store.partsPut().sort((a, b) => a - b)).toEqual([2, 6, 7, 8, 9, 10])
    expect(store.count('complete')).toBe(1)
    expect(store.objects.get(key)).toEqual(source.bytes)
  })

  test('without CRCs of its own, as in a browser, it takes no part for this file’s by its size alone', async () => {
    const { store, journals, begin } = await interrupted({ computesCrc: false })
    journals.keepParts(0)
    const alike = new FakeSource(95)
    alike.bytes.fill(7, 10, 30)
    const { key } = await begin({}, alike).result
    expect(store.partsPut().sort((a, b) => a - b)).toEqual([2, 3, 6, 7, 8, 9, 10])
    expect(store.objects.get(key)).toEqual(alike.bytes)
  })

  test.each([
    ['nothing', { etag: 'not an MD5' }],
    ['another algorithm', { checksum: { algorithm: 'CRC32', value: 'AAAAAA==' } as const }],
  ])('sends again what is held with %s to compare with what is read', async (_, told) => {
    const { store, journals, begin } = await interrupted({ computesCrc: false })
    journals.keepParts(0)
    const { listParts } = store.controlPlane
    store.controlPlane.listParts = async (...request) => {
      const answer = await listParts(...request)
      return { ...answer, parts: answer.parts.map(({ checksum: _, ...part }) => ({ ...part, ...told })) }
    }
    const result = await begin().result
    expect(store.partsPut()).toHaveLength(10)
    expect(result).toMatchObject({ bytesTransferred: 95, bytesResumed: 0 })
  })

  test('sends again what was read alike but is missing at complete', async () => {
    const { store, source, journals, begin } = await interrupted()
    journals.keepParts(0)
    store.fault = (request) => {
      if (request.operation === 'complete' && store.count('complete') === 1)
        store.uploads.get('1')?.parts.delete(2)
      return undefined
    }
    const { key } = await begin().result
    expect(store.objects.get(key)).toEqual(source.bytes)
  })

  test('sends again what the store holds at another size', async () => {
    const { store, begin } = await interrupted({ computesCrc: false })
    store.replacePart('1', 4, new Uint8Array(9))
    await begin().result
    expect(store.partsPut().sort((a, b) => a - b)).toEqual([4, 6, 7, 8, 9, 10])
    expect(store.count('complete')).toBe(1)
  })

  test('refuses a file that has changed, and says what has', async () => {
    const { store, begin } = await interrupted()
    const changed = new FakeSource(95, { version: 2 })
    const run = begin({}, changed)
    await expect(run.result).rejects.toThrow('version was 1, is 2')
    await expect(run.result).rejects.toThrow(SourceChangedError)
    expect(store.requests).toEqual([])
  })

  test.each<[UploadOptions, string]>([
    [{ restart: true, resume: 'search' }, 'an upload to resume, or to restart, got both'],
    [{ restart: true, resume: { key: 'a', uploadId: '1' } }, 'an upload to resume, or to restart, got both'],
    [{ concurrency: 0 }, 'a concurrency of 1'],
    [{ checksum: 'NONE', integrity: 'signed' }, 'a checksum to sign'],
  ])(
    'with %o is refused, and nothing is left that would keep the process from ending',
    (options, message) => {
      const { wakes, begin } = setting()
      expect(() => begin(options)).toThrow(`Expected ${message}`)
      expect(wakes.listeners).toBe(0)
    },
  )

  test('with restart drops the old upload and begins anew', async () => {
    const { store, begin } = await interrupted()
    const changed = new FakeSource(95, { version: 2 })
    const { key } = await begin({ restart: true }, changed).result
    expect(store.count('abort')).toBe(1)
    expect(store.partsPut()).toHaveLength(10)
    expect(store.objects.get(key)).toEqual(changed.bytes)
  })
})

describe('where it is cheap to look whether there is a journal', () => {
  const lookable = (options: Setting) => {
    const all = setting(options)
    all.journals.late = async (...name) => {
      return all.journals.size > 0 ? undefined : lateJournal(all.journals, ...name)
    }
    return all
  }

  test('a small file is sent with one call and one PUT, and opens none', async () => {
    const { store, journals, begin } = lookable({ size: 8, singleUpTo: 8 })
    vi.spyOn(journals, 'open')
    expect(await begin().result).toMatchObject({ verified: 'checksum' })
    expect(store.requests).toEqual([{ operation: 'initiate' }, { operation: 'put', partNumber: 1 }])
    expect(journals.open).not.toHaveBeenCalled()
  })

  test('a small file that is planned in parts all the same is journaled, and gone on with', async () => {
    const { store, source, journals, begin } = lookable({
      fault: (request) => (isPart(6)(request) ? 'drop' : undefined),
      timing: { patienceMs: 1000 },
    })
    await expect(begin({ concurrency: 1 }).result).rejects.toMatchObject({ resumable: true })
    expect(journals.size).toBe(1)
    store.fault = () => undefined
    const { key, bytesResumed } = await begin().result
    expect(bytesResumed).toBe(50)
    expect(store.objects.get(key)).toEqual(source.bytes)
    expect(journals.size).toBe(0)
  })

  test('one that has no journal because another has it goes on without, and says so', async () => {
    const { store, source, journals, begin } = lookable({})
    await journals.open(store.controlPlane.endpoint, source.id)
    const run = begin()
    const unrecorded: unknown[] = []
    run.on('unrecorded', ({ error }) => unrecorded.push(error))
    const { key } = await run.result
    expect(store.objects.get(key)).toEqual(source.bytes)
    expect(String(unrecorded)).toContain('one that another upload of the same file has')
  })
})

describe('two uploads of files that look alike', () => {
  function twins() {
    const all = setting({ size: 300 })
    const alike = new FakeSource(300)
    alike.bytes.reverse()
    return { ...all, alike }
  }

  test.each([{ restart: true }, {}])(
    'do not share an upload: the second is told so (%o)',
    async (options) => {
      const { store, source, alike, journals, begin } = twins()
      const first = begin({ concurrency: 2 })
      await reached(first, 8)
      const second = begin({ concurrency: 2, ...options }, alike)
      await expect(second.result).rejects.toThrow(BusyError)
      expect(second.snapshot()).toMatchObject({ state: 'resumable' })
      await second.abort()
      expect([...store.uploads.keys()]).toEqual(['1'])
      expect(journals.size).toBe(1)
      const { key } = await first.result
      expect(store.objects.get(key)).toEqual(source.bytes)
      expect(store.count('list-parts') + store.count('abort')).toBe(0)
    },
  )

  test('may go one after the other', async () => {
    const { store, source, alike, begin } = twins()
    const one = await begin().result
    const two = await begin({}, alike).result
    expect(store.objects.get(one.key)).toEqual(source.bytes)
    expect(store.objects.get(two.key)).toEqual(alike.bytes)
  })

  test('one after the other: what failed does not cancel what goes on with its parts', async () => {
    const { store, begin } = twins()
    store.fault = once('denied', isPart(9), 4)
    const first = begin({ concurrency: 1 })
    await expect(first.result).rejects.toThrow(StoreError)
    const second = begin({ concurrency: 1 })
    await reached(second, 12)
    await first.abort()
    expect(store.count('abort')).toBe(0)
    expect(await second.result).toMatchObject({ bytesResumed: 80 })
  })
})

describe('a changed source', () => {
  test('is never completed', async () => {
    const { store, source, begin } = setting()
    store.fault = (request) => {
      if (isPart(8)(request)) source.changed = true
      return undefined
    }
    const run = begin()
    await expect(run.result).rejects.toThrow(SourceChangedError)
    expect(run.snapshot()).toMatchObject({ state: 'failed', error: { resumable: false } })
    expect(store.count('complete')).toBe(0)
    expect(store.objects.size).toBe(0)
  })

  test('whose old bytes are put back is not completed with the new ones that were sent meanwhile', async () => {
    const { store, source, begin } = setting()
    const old = source.bytes.slice()
    store.fault = (request) => {
      if (isPart(4)(request)) {
        source.changed = true
        source.bytes.fill(7)
      }
      return undefined
    }
    await expect(begin({ concurrency: 1 }).result).rejects.toThrow(SourceChangedError)
    source.changed = false
    source.bytes.set(old)
    store.fault = () => undefined
    const { key } = await begin().result
    expect(store.objects.get(key)).toEqual(old)
  })

  test('is looked at after each part, unless whoever sends the parts has done so', async () => {
    const looks = async (sourceIsSame: boolean) => {
      const { store, source, begin } = setting()
      const { verify } = source
      let looks = 0
      source.verify = () => {
        looks++
        return verify.call(source)
      }
      const transport = store.transport.bind(store)
      store.transport = (computesCrc) => {
        const sender = transport(computesCrc)
        return { ...sender, put: async (request) => ({ ...(await sender.put(request)), sourceIsSame }) }
      }
      await begin().result
      return looks
    }
    expect(await looks(false)).toBe(11)
    expect(await looks(true)).toBe(1)
  })

  test('is not what the parts that are held are compared with', async () => {
    const { store, source, journals, begin } = setting({
      fault: (request) => (isPart(6)(request) ? 'drop' : undefined),
    })
    await expect(begin({ concurrency: 1 }).result).rejects.toMatchObject({ resumable: true })
    journals.keepParts(0)
    store.fault = () => undefined
    const { crc } = source
    source.crc = (...range) => {
      source.changed = true
      return crc.apply(source, range)
    }
    await expect(begin({ concurrency: 1 }).result).rejects.toThrow(SourceChangedError)
    expect(journals.parts).not.toContain(1)
  })

  test('that became shorter is never completed', async () => {
    const { store, source, begin } = setting()
    Object.assign(source, { bytes: source.bytes.subarray(0, 60) })
    await expect(begin().result).rejects.toThrow('shorter')
    expect(store.objects.size).toBe(0)
  })

  test('is not tried again after a failure', async () => {
    const { store, source, begin } = setting()
    store.fault = (request) => {
      if (isPart(1)(request)) source.changed = true
      return isPart(1)(request) ? 'drop' : undefined
    }
    await expect(begin({ concurrency: 1 }).result).rejects.toThrow(SourceChangedError)
    expect(store.partsPut()).toEqual([1])
  })
})

describe('a person', () => {
  test('pauses and resumes: nothing is sent meanwhile, and nothing that was acknowledged is sent again', async () => {
    const { clock, store, source, begin } = setting({ size: 300 })
    const run = begin({ concurrency: 2 })
    const acknowledged: number[] = []
    const paused = new Promise<void>((resolve) => {
      run.on('part', ({ partNumber, state }) => {
        if (state !== 'done') return
        acknowledged.push(partNumber)
        if (acknowledged.length !== 8) return
        run.pause()
        resolve()
      })
    })
    await paused
    const before = store.count('put')
    await new Promise<void>((resolve) => void clock.after(60_000, resolve))
    expect(run.snapshot()).toMatchObject({ state: 'paused', partsDone: 8 })
    expect(store.count('put')).toBe(before)
    run.resume()
    expect(run.snapshot().state).toBe('uploading')
    const { key } = await run.result
    expect(store.objects.get(key)).toEqual(source.bytes)
    expect(store.count('presign')).toBe(0)
    for (const partNumber of acknowledged.slice(0, 8)) {
      expect(store.partsPut().filter((number) => number === partNumber)).toHaveLength(1)
    }
  })

  test('pauses at the last moment: nothing is completed meanwhile', async () => {
    const { clock, store, begin } = setting({ size: 10 })
    const run = begin()
    run.on('part', ({ state }) => state === 'done' && run.pause())
    await new Promise<void>((resolve) => void clock.after(60_000, resolve))
    expect(run.snapshot()).toMatchObject({ state: 'paused', partsDone: 1 })
    expect(store.objects.size).toBe(0)
    run.resume()
    expect(await run.result).toMatchObject({ size: 10 })
    expect(store.count('put')).toBe(1)
  })

  test('pauses before anything is planned', async () => {
    const { clock, store, begin } = setting()
    const run = begin()
    run.pause()
    await new Promise<void>((resolve) => void clock.after(1000, resolve))
    expect(store.requests).toEqual([])
    run.resume()
    expect(await run.result).toMatchObject({ size: 95 })
  })

  test('cancels: the store drops the parts, and nothing is remembered', async () => {
    const { store, journals, begin } = setting({ size: 300 })
    const run = begin()
    await new Promise<void>((resolve) => {
      run.on('part', ({ state }) => state === 'done' && resolve())
    })
    await run.abort()
    await expect(run.result).rejects.toMatchObject({ name: 'AbortedError', resumable: false })
    expect(run.snapshot().state).toBe('aborted')
    expect(store.uploads.size).toBe(0)
    expect(journals.size).toBe(0)
  })

  test.each([
    ['made the object already: it is done', true],
    ['done nothing yet: the parts are dropped', false],
  ])('cancels while complete is under way, and has %s', async (_, faster) => {
    const { store, source, journals, begin } = setting()
    const { complete } = store.controlPlane
    store.controlPlane.complete = async (upload, request, signal) => {
      if (faster) await complete(upload, request, signal)
      cancelling = run.abort()
      throw signal.reason
    }
    let cancelling: Promise<void> | undefined
    const run = begin()
    const outcome = await run.result.catch((error: unknown) => error)
    await cancelling
    if (faster) {
      expect(outcome).toMatchObject({ verified: 'checksum', size: 95 })
      expect(run.snapshot()).toMatchObject({ state: 'done', error: undefined })
      expect([...store.objects.values()]).toEqual([source.bytes])
    } else {
      expect(outcome).toMatchObject({ name: 'AbortedError', resumable: false })
      expect(run.snapshot()).toMatchObject({ state: 'aborted', error: outcome })
      expect(store.uploads.size + store.objects.size).toBe(0)
    }
    expect(journals.size).toBe(0)
  })

  test('cancels a paused upload', async () => {
    const { store, begin } = setting({ size: 300 })
    const run = begin()
    await new Promise<void>((resolve) => {
      run.on('part', ({ state }) => state === 'done' && resolve())
    })
    run.pause()
    await run.abort()
    expect(run.snapshot().state).toBe('aborted')
    expect(store.uploads.size).toBe(0)
  })

  test('cancels what is remembered, before anything is begun', async () => {
    const { store, journals, begin } = setting({
      fault: (request) => (isPart(6)(request) ? 'drop' : undefined),
    })
    await expect(begin().result).rejects.toMatchObject({ resumable: true })
    const run = begin()
    await run.abort()
    expect(run.snapshot().state).toBe('aborted')
    expect(store.uploads.size).toBe(0)
    expect(journals.size).toBe(0)
  })

  test('cancels what an upload that failed left behind', async () => {
    const { store, journals, source, begin } = setting({ size: 300 })
    const run = begin()
    run.on('part', ({ partNumber, state }) => {
      if (partNumber === 9 && state === 'done') source.changed = true
    })
    await expect(run.result).rejects.toThrow(SourceChangedError)
    expect(store.uploads.size).toBe(1)
    await run.abort()
    expect(run.snapshot()).toMatchObject({ state: 'aborted', error: { name: 'AbortedError' } })
    expect(store.uploads.size).toBe(0)
    expect(journals.size).toBe(0)
  })

  test('stops by a signal: the parts are kept, and the next run goes on', async () => {
    const { store, source, journals, begin } = setting({ size: 300 })
    const stop = new AbortController()
    const run = begin({ signal: stop.signal })
    run.on('part', ({ partNumber, state }) => {
      if (partNumber === 9 && state === 'done') stop.abort()
    })
    await expect(run.result).rejects.toThrow(AbortedError)
    expect(run.snapshot()).toMatchObject({ state: 'resumable', error: { resumable: true } })
    expect(store.count('abort')).toBe(0)
    const held = [...(store.uploads.get('1')?.parts.keys() ?? [])]
    expect(journals.parts).toEqual(held.sort((a, b) => a - b))
    store.requests.length = 0
    const { key } = await begin().result
    expect(store.partsPut().filter((number) => held.includes(number))).toEqual([])
    expect(store.objects.get(key)).toEqual(source.bytes)
  })
})

describe('a small file', () => {
  const small = { size: 8, singleUpTo: 8 }

  test('travels in one PUT after one call, and the store checks its checksum', async () => {
    const { store, source, begin } = setting(small)
    const result = await begin().result
    expect(store.requests.map(({ operation }) => operation)).toEqual(['initiate', 'put'])
    expect(store.objects.get(result.key)).toEqual(source.bytes)
    expect(result).toMatchObject({ verified: 'checksum', size: 8, bytesTransferred: 8 })
  })

  test('may be empty', async () => {
    const { store, begin } = setting({ size: 0, singleUpTo: 8 })
    const { key } = await begin().result
    expect(store.objects.get(key)).toEqual(new Uint8Array())
  })

  test('whose answer was lost is settled by looking for the object', async () => {
    const { store, begin } = setting({ ...small, fault: once('lost', isPut) })
    expect(await begin().result).toMatchObject({ verified: 'checksum' })
    expect(store.requests.map(({ operation }) => operation)).toEqual(['initiate', 'put', 'put', 'download'])
  })

  test('whose URL was refused gets another', async () => {
    const { store, source, begin } = setting({ ...small, fault: once('refuse', isPut) })
    const { key } = await begin().result
    expect(store.count('initiate')).toBe(2)
    expect(store.objects.get(key)).toEqual(source.bytes)
  })

  test('that is corrupted on its way is refused by the store and sent again', async () => {
    const { store, source, begin } = setting({ ...small, fault: once('corrupt', isPut) })
    const { key } = await begin().result
    expect(store.objects.get(key)).toEqual(source.bytes)
  })

  test('can be cancelled', async () => {
    const { store, begin } = setting({ ...small, fault: once('stall', isPut) })
    const run = begin()
    await new Promise<void>((resolve) => {
      run.on('part', ({ state }) => state === 'sending' && resolve())
    })
    await run.abort()
    expect(run.snapshot()).toMatchObject({ state: 'aborted' })
    expect(store.objects.size).toBe(0)
  })
})

test('what the API says no to fails the upload for good', async () => {
  const { store, begin } = setting()
  store.controlPlane.initiate = () => Promise.reject(problem('too-large'))
  const run = begin()
  await expect(run.result).rejects.toThrow(ApiError)
  expect(run.snapshot()).toMatchObject({ state: 'failed', error: { type: 'too-large', resumable: false } })
})

test.each([0, -1, 1.5, Number.NaN])('a concurrency of %d is refused', (concurrency) => {
  const { store, begin } = setting()
  expect(() => begin({ concurrency })).toThrow(RangeError)
  expect(store.requests).toEqual([])
})

test('what is acknowledged is remembered within a second, for a run that is killed', async () => {
  const { clock, journals, begin } = setting({ fault: once('silent', isPart(10)) })
  const run = begin()
  await new Promise<void>((resolve) => void clock.after(1500, resolve))
  expect(journals.parts).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  await run.result
})

test('a journal that cannot be written costs the upload its resume, not its life', async () => {
  const { journals, begin } = setting()
  journals.failure = new Error('No space left on device.')
  const run = begin()
  const errors: unknown[] = []
  run.on('unrecorded', ({ error }) => errors.push(error))
  expect(await run.result).toMatchObject({ size: 95 })
  expect(errors).toEqual([journals.failure])
})
