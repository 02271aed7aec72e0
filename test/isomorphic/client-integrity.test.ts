import { describe, expect, test } from 'vitest'
import { IntegrityError } from '../../client/errors.ts'
import type { Upload } from '../../client/events.ts'
import { is, isPart, isPut, once, setting } from '../client/upload-setting.ts'

const downgrades = (run: Upload): string[] => {
  const reasons: string[] = []
  run.on('downgraded', ({ reason }) => reasons.push(reason))
  return reasons
}

describe('a store that keeps no checksums', () => {
  test('is compared by ETags, each part’s own at once, and the result says so', async () => {
    const { store, source, begin } = setting({ keeps: 'md5s' })
    const run = begin()
    const reasons = downgrades(run)
    const { key, verified, downgraded } = await run.result
    expect(store.objects.get(key)).toEqual(source.bytes)
    expect(verified).toBe('etag')
    expect(downgraded).toContain('keeps no checksums')
    expect(reasons).toEqual([downgraded])
  })

  test('is found out at once where a part arrived with other bytes', async () => {
    const { store, source, begin } = setting({ keeps: 'md5s', fault: once('corrupt', isPart(3)) })
    const { key, verified } = await begin({ concurrency: 1 }).result
    expect(store.partsPut()).toEqual([1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(verified).toBe('etag')
    expect(store.objects.get(key)).toEqual(source.bytes)
  })

  test('with ETags that are no MD5s leaves the size, at the cost of a part sent twice for each lane', async () => {
    const { store, begin } = setting({ keeps: 'nothing' })
    const { verified, downgraded } = await begin({ concurrency: 2 }).result
    expect(verified).toBe('size')
    expect(downgraded).toBeDefined()
    expect(store.count('put')).toBeLessThanOrEqual(12)
  })

  test('has sent again what was taken for want of MD5s, once an ETag is one', async () => {
    const { store, source, begin } = setting({ keeps: 'md5s', fault: once('corrupt', isPart(1), 2) })
    const { key, verified } = await begin({ concurrency: 1 }).result
    expect(store.partsPut()).toEqual([1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1])
    expect(store.objects.get(key)).toEqual(source.bytes)
    expect(verified).toBe('etag')
  })

  test('goes on by the ETags that it lists: what is not journaled is read', async () => {
    const { store, source, journals, begin } = setting({
      keeps: 'md5s',
      fault: (request) => (isPart(6)(request) ? 'drop' : undefined),
    })
    await expect(begin({ concurrency: 1 }).result).rejects.toMatchObject({ resumable: true })
    store.fault = () => undefined
    store.requests.length = 0
    journals.keepParts(2)
    store.replacePart('1', 5, new Uint8Array(10))
    const { key, verified, bytesResumed } = await begin().result
    expect(store.partsPut().sort((a, b) => a - b)).toEqual([5, 6, 7, 8, 9, 10])
    expect({ verified, bytesResumed }).toEqual({ verified: 'etag', bytesResumed: 40 })
    expect(store.objects.get(key)).toEqual(source.bytes)
  })

  test('although it agreed to is told so once, and its parts are read again rather than sent', async () => {
    const { store, source, begin } = setting({ keeps: 'lies', fault: once('corrupt', isPart(3)) })
    const run = begin()
    const reasons = downgrades(run)
    const { key, verified } = await run.result
    expect(reasons).toEqual(['The store agreed to keep a CRC64NVME of each part, and keeps none.'])
    expect(verified).toBe('etag')
    expect(store.partsPut().filter((partNumber) => partNumber === 3)).toHaveLength(2)
    expect(store.partsPut()).toHaveLength(11)
    expect(store.objects.get(key)).toEqual(source.bytes)
  })

  test.each([
    ['md5s', 'etag'],
    ['nothing', 'size'],
  ] as const)('(%s) has a small file proved by its %s', async (keeps, proof) => {
    const { store, source, begin } = setting({ size: 8, singleUpTo: 8, keeps })
    const { key, verified, downgraded } = await begin().result
    expect(verified).toBe(proof)
    expect(downgraded).toBeDefined()
    expect(store.objects.get(key)).toEqual(source.bytes)
  })
})

describe('a part that arrives with other bytes', () => {
  test('is sent again at once where the store tells its checksum', async () => {
    const { store, begin } = setting({ tellsPartChecksums: true, fault: once('corrupt', isPart(3)) })
    expect(await begin({ concurrency: 1 }).result).toMatchObject({
      verified: 'checksum',
      downgraded: undefined,
    })
    expect(store.partsPut()).toEqual([1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(store.count('complete')).toBe(1)
  })

  test('time and again ends the upload', async () => {
    const { store, begin } = setting({
      tellsPartChecksums: true,
      fault: (request) => (isPart(3)(request) ? 'corrupt' : undefined),
    })
    await expect(begin().result).rejects.toThrow(IntegrityError)
    expect(store.partsPut().filter((partNumber) => partNumber === 3)).toHaveLength(6)
    expect(store.objects.size).toBe(0)
  })

  test('time and again, and only complete notices, ends the upload too', async () => {
    const { store, begin } = setting({ fault: (request) => (isPart(3)(request) ? 'corrupt' : undefined) })
    await expect(begin().result).rejects.toMatchObject({ type: 'checksum-mismatch' })
    expect(store.count('complete')).toBe(3)
    expect(store.objects.size).toBe(0)
  })
})

test('no checksum cannot be signed into the URLs', () => {
  const { begin } = setting()
  expect(() => begin({ checksum: 'NONE', integrity: 'signed' })).toThrow(/^Expected a checksum to sign/)
})

describe('with checksums signed into the URLs', () => {
  test('other bytes are refused, and what is wanted while a call is under way shares the next', async () => {
    const { store, source, begin } = setting({ size: 300, fault: once('corrupt', isPart(3)) })
    const { key, verified } = await begin({ integrity: 'signed', concurrency: 6 }).result
    expect(verified).toBe('checksum')
    expect(store.objects.get(key)).toEqual(source.bytes)
    expect(store.count('complete')).toBe(1)
    expect(store.partsPut().filter((partNumber) => partNumber === 3)).toHaveLength(2)
    expect(store.count('presign')).toBeLessThan(20)
    expect(store.requests.filter(is('presign')).flatMap(({ parts = [] }) => parts)).toHaveLength(31)
  })

  test('a store that keeps none is sent what it takes', async () => {
    const { begin } = setting({ keeps: 'md5s' })
    expect(await begin({ integrity: 'signed' }).result).toMatchObject({ verified: 'etag' })
  })
})

describe('windows of URLs', () => {
  test('are as large as what can be sent in half of their life, and asked for ahead', async () => {
    // 20 parts a second; a life of 10 s: some 100 parts in half of it.
    const { store, begin } = setting({ size: 20_000, partSize: 10, expiresIn: 10 })
    const retries: unknown[] = []
    const run = begin({ concurrency: 2 })
    run.on('retry', ({ error }) => retries.push(error))
    await run.result
    const windows = store.requests.filter(is('presign'))
    const sizes = windows.map(({ from = 0, to = 0 }) => to - from + 1)
    expect(Math.max(...sizes)).toBeLessThan(150)
    expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThan(50)
    expect(retries).toEqual([])
    for (const { from = 0 } of windows.slice(1)) {
      const asked = store.requests.findIndex((request) => request.from === from)
      expect(store.requests.slice(asked).some(isPart(from - 1))).toBe(true)
    }
  })

  test('never hold fewer than two for each lane', async () => {
    const { store, begin } = setting({ size: 600, partSize: 10, expiresIn: 1 })
    await begin({ concurrency: 6 }).result
    const sizes = store.requests.filter(is('presign')).map(({ from = 0, to = 0 }) => to - from + 1)
    expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThanOrEqual(12)
  })

  test('are asked for by as many workers as need them in one call, and a failure is each worker’s own to repeat', async () => {
    const { store, begin } = setting({ size: 2000, partSize: 1, fault: once('drop', is('presign'), 2) })
    expect(await begin().result).toMatchObject({ size: 2000 })
    expect(store.count('presign')).toBe(3)
    expect(store.requests.filter(isPut)).toHaveLength(2000)
  })
})
