import { describe, expect, test } from 'vitest'
import { createBandwidth } from '../../client/bandwidth.ts'
import { createLanes, type LaneBudget } from '../../client/lanes.ts'
import type { Lane, Lanes } from '../../client/ports.ts'
import { VirtualClock } from '../client/virtual-clock.ts'

const { signal } = new AbortController()

/** A clock that somebody else sets. */
function manualClock() {
  let now = 0
  return {
    now: () => now,
    after: () => () => {},
    pass: (milliseconds: number) => {
      now += milliseconds
    },
  }
}

/** Lanes that are waited for, and those that came, in order. */
function queueAt(lanes: Lanes, name: string, came: string[]) {
  const held: Lane[] = []
  return {
    held,
    async want(count: number) {
      for (let at = 0; at < count; at++) {
        void lanes.acquire(signal).then((lane) => {
          held.push(lane)
          came.push(name)
        })
      }
      await settled()
    },
    async release(count = 1) {
      for (const lane of held.splice(0, count)) lane.release()
      await settled()
    },
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve))
const fixed = (count: number): LaneBudget => createLanes({ min: count, start: count, max: count })

describe('lanes', () => {
  test('are first come, first served, and no more than there are', async () => {
    const came: string[] = []
    const lanes = fixed(2).share()
    const [one, two] = [queueAt(lanes, 'one', came), queueAt(lanes, 'two', came)]
    await one.want(2)
    await two.want(1)
    await one.want(1)
    expect(came).toEqual(['one', 'one'])
    await one.release()
    expect(came).toEqual(['one', 'one', 'two'])
    await two.release()
    expect(came).toEqual(['one', 'one', 'two', 'one'])
  })

  test('are evened out between two files, though the first one has many parts waiting', async () => {
    const came: string[] = []
    const budget = fixed(4)
    const [one, two] = [queueAt(budget.share(), 'one', came), queueAt(budget.share(), 'two', came)]
    await one.want(10)
    await two.want(10)
    expect([one.held.length, two.held.length]).toEqual([4, 0])
    await one.release(2)
    expect([one.held.length, two.held.length]).toEqual([2, 2])
    for (let turn = 0; turn < 3; turn++) {
      await one.release()
      await two.release()
      expect([one.held.length, two.held.length]).toEqual([2, 2])
    }
  })

  test('that one file has no use for are all the other one’s', async () => {
    const came: string[] = []
    const budget = fixed(4)
    const [one, two] = [queueAt(budget.share(), 'one', came), queueAt(budget.share(), 'two', came)]
    await one.want(1)
    await two.want(9)
    expect([one.held.length, two.held.length]).toEqual([1, 3])
    await one.release()
    expect([one.held.length, two.held.length]).toEqual([0, 4])
  })

  test('of a file with a limit of its own are no more than that', async () => {
    const came: string[] = []
    const lanes = fixed(4).share(2)
    expect(lanes.max).toBe(2)
    const one = queueAt(lanes, 'one', came)
    await one.want(5)
    expect(one.held).toHaveLength(2)
    expect(fixed(4).share(9).max).toBe(4)
  })

  test.each([0, -1, 1.5, Number.NaN])('a limit of %d is refused', (most) => {
    const refusal = new RangeError(`Expected a concurrency of 1, 2, 3 …, got ${most}.`)
    expect(() => fixed(4).share(most)).toThrow(refusal)
    expect(() => fixed(most)).toThrow(refusal)
  })

  test('who stops waiting is not served, and keeps nobody waiting', async () => {
    const lanes = fixed(1).share()
    const lane = await lanes.acquire(signal)
    const impatient = new AbortController()
    const stopped = lanes.acquire(impatient.signal)
    const patient = lanes.acquire(signal)
    await settled()
    impatient.abort(new Error('no longer'))
    await expect(stopped).rejects.toThrow('no longer')
    lane.release()
    lane.release()
    await patient
    const other = lanes.acquire(signal)
    expect(await Promise.race([other, settled()])).toBeUndefined()
    await expect(lanes.acquire(AbortSignal.abort(new Error('before')))).rejects.toThrow('before')
  })

  test('wait before another try where there are to be fewer, and the others are not given out before them', async () => {
    const clock = manualClock()
    const came: string[] = []
    const lanes = createLanes({ start: 4, max: 4, clock }).share()
    const one = queueAt(lanes, 'one', came)
    await one.want(5)
    clock.pass(30_000)
    for (const lane of one.held) lane.moved(1)
    one.held[0]?.lost()
    for (const lane of one.held.slice(1)) lane.lost()
    const again = one.held.map((lane, at) => lane.again(signal).then(() => came.push(`again ${at}`)))
    await settled()
    expect(came.slice(4)).toEqual(['again 2', 'again 3'])
    await one.release(3)
    await Promise.all(again)
    expect(came.slice(6)).toEqual(['again 0', 'again 1', 'one'])
  })

  test('who is stopped while it waits for another try keeps nobody waiting', async () => {
    const clock = manualClock()
    const came: string[] = []
    const one = queueAt(createLanes({ start: 2, max: 2, clock }).share(), 'one', came)
    await one.want(2)
    clock.pass(30_000)
    const [first, second] = one.held
    first?.moved(1)
    first?.lost()
    const stop = new AbortController()
    const again = first?.again(stop.signal)
    stop.abort(new Error('stopped'))
    await expect(again).rejects.toThrow('stopped')
    first?.release()
    await second?.again(signal)
  })

  test('become more while goodput rises, and are given to those who wait', async () => {
    const clock = manualClock()
    const came: string[] = []
    const one = queueAt(createLanes({ start: 2, max: 16, clock }).share(), 'one', came)
    await one.want(16)
    expect(one.held).toHaveLength(2)
    for (let tick = 0; tick < 40; tick++) {
      clock.pass(50)
      for (const lane of one.held) lane.moved(1_000_000)
      await settled()
    }
    expect(one.held).toHaveLength(16)
  })

  test('become fewer when the store asks for less, and none that is under way is cut', async () => {
    const clock = manualClock()
    const came: string[] = []
    const one = queueAt(createLanes({ start: 10, max: 16, clock }).share(), 'one', came)
    await one.want(20)
    for (const lane of one.held) lane.struggled()
    expect(one.held).toHaveLength(10)
    await one.release(3)
    expect(one.held).toHaveLength(7)
    await one.release(1)
    expect(one.held).toHaveLength(7)
  })

  test('where bytes cannot be held back, wait until those that went are within the limit', async () => {
    const clock = new VirtualClock()
    const bandwidth = createBandwidth(1_000_000, clock)
    const lanes = createLanes({ start: 2, max: 2, clock, bandwidth }).share()
    for (let part = 0; part < 5; part++) {
      const lane = await lanes.acquire(signal)
      lane.moved(8_000_000)
      lane.release()
    }
    await lanes.acquire(signal)
    expect(clock.now()).toBeGreaterThan(39_900)
    expect(clock.now()).toBeLessThanOrEqual(40_000)
  })
})

describe('a bandwidth limit', () => {
  test.each([
    ['one lane', 1],
    ['ten lanes', 10],
  ])('holds for %s', async (_, lanes) => {
    const clock = new VirtualClock()
    const { pace } = createBandwidth(1_000_000, clock)
    const send = async () => {
      for (let piece = 0; piece < 100; piece++) await pace(64_000, signal)
    }
    await Promise.all(Array.from({ length: lanes }, send))
    const seconds = (lanes * 6_400_000) / 1_000_000
    expect(clock.now() / 1000).toBeGreaterThan(seconds * 0.95 - 0.1)
    expect(clock.now() / 1000).toBeLessThanOrEqual(seconds)
  })

  test.each([1_000_000, 20_000_000])(
    'of %i bytes per second holds, although every timer fires late',
    async (limit) => {
      const clock = manualClock()
      const late = {
        now: clock.now,
        after(milliseconds: number, callback: () => void) {
          setTimeout(() => {
            clock.pass(milliseconds + 10)
            callback()
          })
          return () => {}
        },
      }
      const { pace } = createBandwidth(limit, late)
      for (let piece = 0; piece < 200; piece++) await pace(limit / 400, signal)
      expect(clock.now()).toBeGreaterThanOrEqual(445)
      expect(clock.now()).toBeLessThan(525)
    },
  )

  test('does not make up for a time when nothing was sent', async () => {
    const clock = manualClock()
    const { pace } = createBandwidth(1_000_000, clock)
    await pace(64_000, signal)
    clock.pass(60_000)
    await pace(64_000, signal)
    expect(await Promise.race([pace(1, signal), settled()])).toBeUndefined()
  })

  test('is not used up by those who stop waiting', async () => {
    const clock = manualClock()
    const { pace } = createBandwidth(1_000_000, clock)
    await pace(1_000_000, signal)
    const stop = new AbortController()
    const stopped = pace(500_000_000, stop.signal)
    stop.abort(new Error('no longer'))
    await expect(stopped).rejects.toThrow('no longer')
    clock.pass(1_000)
    await pace(1, signal)
  })

  test.each([0, -1, 16_383, Number.NaN, Number.POSITIVE_INFINITY])('of %d is refused', (limit) => {
    expect(() => createBandwidth(limit, new VirtualClock())).toThrow(
      new RangeError(
        `Expected a bandwidthLimit of at least 16384 bytes per second, got ${limit}; leave it out for none.`,
      ),
    )
  })
})
