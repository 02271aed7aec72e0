import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCrc } from '../../checksums/crc.ts'
import { orAborted } from '../../client/abort.ts'
import { expiryOf } from '../../client/expiry.ts'
import { fixedLanes } from '../../client/fixed-lanes.ts'
import { createRate, eta } from '../../client/rate.ts'
import { weighParts } from '../../client/resume.ts'
import { backoff, isTransientStatus } from '../../client/retry.ts'
import { verifyArrival } from '../../client/verify.ts'
import { wholeCrc } from '../../client/whole-crc.ts'
import { runInLanes, runWorkers } from '../../client/workers.ts'
import { partRange, plan } from '../../protocol/part-plan.ts'

describe('backoff', () => {
  const policy = { retryBaseMs: 250, retryCapMs: 30_000 }

  test.each([
    [1, 250],
    [2, 500],
    [3, 1000],
    [7, 16_000],
    [8, 30_000],
    [1000, 30_000],
  ])('after %i failures waits at most %i ms', (failures, most) => {
    expect(backoff(failures, policy, 1)).toBe(most)
    expect(backoff(failures, policy, 0.5)).toBe(most / 2)
    expect(backoff(failures, policy, 0)).toBe(0)
  })

  test('waits as long as the server asks, but no more than a minute', () => {
    expect(backoff(1, policy, 1, 7)).toBe(7000)
    expect(backoff(8, policy, 1, 7)).toBe(30_000)
    expect(backoff(1, policy, 1, 3600)).toBe(60_000)
  })
})

test.each([
  [400, false],
  [403, false],
  [404, false],
  [408, true],
  [409, true],
  [412, false],
  [429, true],
  [500, true],
  [503, true],
])('%i is transient: %s', (status, transient) => {
  expect(isTransientStatus(status)).toBe(transient)
})

describe('rate', () => {
  test('is unknown until there is something to measure', () => {
    const rate = createRate(0, 0)
    rate.add(100, 1000)
    expect(rate.at(100)).toBeUndefined()
  })

  test('is what moved over what time, bytes that were there before left out', () => {
    const rate = createRate(1000, 5_000_000)
    for (let second = 1; second <= 4; second++) rate.add(1000 + second * 1000, 5_000_000 + second * 300)
    expect(rate.at(5000)).toBe(300)
  })

  test('forgets what lies more than ten seconds back', () => {
    const rate = createRate(0, 0)
    for (let second = 1; second <= 20; second++) rate.add(second * 1000, second * 1_000_000)
    for (let second = 21; second <= 40; second++) rate.add(second * 1000, 20_000_000 + (second - 20) * 100)
    expect(rate.at(40_000)).toBeCloseTo(100)
  })

  test('falls to zero when nothing moves any more', () => {
    const rate = createRate(0, 0)
    rate.add(1000, 1000)
    expect(rate.at(2000)).toBe(500)
    expect(rate.at(60_000)).toBe(0)
  })

  test('is never negative, though bytes of a lost part are taken back', () => {
    const rate = createRate(0, 1000)
    rate.add(1000, 0)
    expect(rate.at(1000)).toBe(0)
  })

  test.each([
    [0, undefined, 0],
    [100, undefined, undefined],
    [100, 0, undefined],
    [100, 50, 2],
  ])('eta of %s bytes at %s is %s', (remaining, rate, expected) => {
    expect(eta(remaining, rate)).toBe(expected)
  })
})

describe("the whole object's CRC", () => {
  test('combined from parts is that of the bytes', () => {
    const pieces = fc.record({
      bytes: fc.uint8Array({ maxLength: 200 }),
      partSize: fc.integer({ min: 1, max: 50 }),
    })
    fc.assert(
      fc.property(pieces, ({ bytes, partSize }) => {
        const whole = plan(bytes.length, partSize)
        const crcs = new Map<number, Uint8Array>()
        for (let partNumber = 1; partNumber <= whole.partCount; partNumber++) {
          const { start, end } = partRange(whole, partNumber)
          crcs.set(partNumber, createCrc('CRC64NVME').update(bytes.subarray(start, end)).digest())
        }
        const value = btoa(String.fromCharCode(...createCrc('CRC64NVME').update(bytes).digest()))
        expect(wholeCrc('CRC64NVME', whole, (number) => crcs.get(number))).toEqual({
          algorithm: 'CRC64NVME',
          value,
        })
        crcs.delete(whole.partCount)
        expect(wholeCrc('CRC64NVME', whole, (number) => crcs.get(number))).toBeUndefined()
      }),
    )
  })
})

describe('a part that the store holds', () => {
  const twoParts = plan(15, 10)
  const crc = 'AAAAAAAAAAA='
  const stored = (partNumber: number, size: number) => ({
    partNumber,
    size,
    etag: 'e',
    checksum: { algorithm: 'CRC64NVME' as const, value: crc },
  })

  test.each([
    ['agrees in checksum', stored(1, 10), { crc }, 'counted'],
    ['agrees in ETag', stored(2, 5), { etag: 'e' }, 'counted'],
    ['agrees in MD5', stored(2, 5), { md5: 'e' }, 'counted'],
    ['is not remembered', stored(2, 5), undefined, 'unremembered'],
    ['has another checksum', stored(1, 10), { crc: 'BBBBBBBBBBA=' }, 'neither'],
    ['has another ETag', stored(1, 10), { etag: 'f' }, 'neither'],
    ['has another size', stored(2, 10), { crc }, 'neither'],
    ['lies outside the plan', stored(3, 5), { crc }, 'neither'],
  ] as const)('and %s is %s', (_, part, memory, outcome) => {
    const { counted, unremembered } = weighParts(
      twoParts,
      [part],
      new Map(memory ? [[part.partNumber, memory]] : []),
    )
    expect(counted.has(part.partNumber)).toBe(outcome === 'counted')
    expect(unremembered.has(part.partNumber)).toBe(outcome === 'unremembered')
  })
})

describe('what arrived', () => {
  const crc = (value: string, algorithm: 'CRC64NVME' | 'CRC32' = 'CRC64NVME') => ({ algorithm, value })

  test.each([
    ['without checksums', { size: 5 }, { size: 5 }, 'size'],
    ['with one that was not asked for', { size: 5, checksum: crc('a') }, { size: 5 }, 'size'],
    [
      'with another algorithm',
      { size: 5, checksum: crc('a') },
      { size: 5, checksum: crc('a', 'CRC32') },
      'size',
    ],
    ['with the same checksum', { size: 5, checksum: crc('a') }, { size: 5, checksum: crc('a') }, 'checksum'],
  ])('%s is verified', (_, arrived, expected, verified) => {
    expect(verifyArrival(arrived, expected, 'on the disk')).toBe(verified)
  })

  test.each([
    [{ size: 4 }, { size: 5 }, 'Expected 5 bytes on the disk, got 4.'],
    [{ size: 5, checksum: crc('b') }, { size: 5, checksum: crc('a') }, 'CRC64NVME a on the disk, got b.'],
  ])('%j is not %j', (arrived, expected, message) => {
    expect(() => verifyArrival(arrived, expected, 'on the disk')).toThrow(message)
  })
})

describe('a URL', () => {
  test.each([
    ['a tenth of its life before it dies', 60, 54_000],
    ['at most a minute before', 3600, 3_540_000],
  ])('is used until %s', (_, expiresIn, until) => {
    const clock = { now: () => 1_000_000, after: () => () => {} }
    expect(expiryOf({ expiresIn }, clock)).toBe(1_000_000 + until)
  })
})

describe('workers', () => {
  test('share one iterator, so many at a time', async () => {
    const done: number[] = []
    let active = 0
    let most = 0
    await runWorkers(
      [1, 2, 3, 4, 5, 6, 7],
      3,
      async (item) => {
        most = Math.max(most, ++active)
        await null
        active--
        done.push(item)
      },
      new AbortController().signal,
    )
    expect(done.sort()).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(most).toBe(3)
  })

  test('that wait for a lane when everything is taken wait no longer, and all lanes are given back', async () => {
    const lanes = fixedLanes(3)
    const { signal } = new AbortController()
    const [first, second] = [await lanes.acquire(signal), await lanes.acquire(signal)]
    const done: number[] = []
    await runInLanes([1, 2], lanes, async (item) => void done.push(item), signal)
    expect(done).toEqual([1, 2])
    first.release()
    second.release()
    second.release()
    const again = await Promise.all([1, 2, 3].map(() => lanes.acquire(signal)))
    const stop = new AbortController()
    const fourth = lanes.acquire(stop.signal)
    stop.abort(new Error('Enough.'))
    await expect(fourth).rejects.toThrow('Enough.')
    for (const lane of again) lane.release()
  })

  test('stop together when one fails, and reject once all have stopped', async () => {
    let stopped = 0
    const failure = new Error('The second fails.')
    const work = (item: number, signal: AbortSignal) =>
      item === 2
        ? Promise.reject(failure)
        : new Promise<void>((_, reject) => {
            signal.addEventListener('abort', () => {
              stopped++
              reject(signal.reason)
            })
          })
    await expect(runWorkers([1, 2, 3, 4], 3, work, new AbortController().signal)).rejects.toBe(failure)
    expect(stopped).toBe(2)
  })
})

describe('a value or an abort', () => {
  const aborted = AbortSignal.abort(new Error('Enough.'))

  test('is whichever comes first', async () => {
    const stop = new AbortController()
    const first = orAborted(new Promise(() => {}), stop.signal)
    stop.abort(new Error('Enough.'))
    await expect(first).rejects.toThrow('Enough.')
    expect(await orAborted('value', new AbortController().signal)).toBe('value')
  })

  // Were the value's own rejection left unhandled, the run of the tests would fail for it.
  test('takes care of a value that fails after the abort', async () => {
    let fail = (_: Error) => {}
    const value = new Promise<void>((_, reject) => {
      fail = reject
    })
    const either = orAborted(value, aborted)
    fail(new Error('Nobody listens any more.'))
    await expect(either).rejects.toThrow('Enough.')
  })
})
