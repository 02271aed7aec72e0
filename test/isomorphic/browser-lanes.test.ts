import { expect, test } from 'vitest'
import { backOff } from '../../client/browser/back-off.ts'
import { createTraffic } from '../../client/browser/traffic.ts'

const { signal } = new AbortController()
const SECOND = 1000
const MINUTE = 60 * SECOND

test('there are five lanes, two under a limit, or as many as are asked for', () => {
  expect(createTraffic().share().max).toBe(5)
  expect(createTraffic({ bandwidthLimit: 1e6 }).share().max).toBe(2)
  expect(createTraffic({ concurrency: 9 }).share().max).toBe(9)
  expect(() => createTraffic({ concurrency: 0 })).toThrow(RangeError)
})

test('a store that asks for less has fewer for a minute, and for two when it asks again', () => {
  const count = backOff(1, 5)
  count.struggled(0)
  count.struggled(SECOND)
  expect(count.lanes).toBe(3)
  count.moved(MINUTE - 1, 1)
  expect(count.lanes).toBe(3)
  count.moved(MINUTE, 1)
  count.moved(MINUTE + SECOND, 1)
  expect(count.lanes).toBe(4)
  count.moved(MINUTE + 4 * SECOND, 1)
  count.moved(2 * MINUTE, 1)
  expect(count.lanes).toBe(5)
  count.struggled(2 * MINUTE)
  count.moved(3 * MINUTE, 1)
  expect(count.lanes).toBe(3)
  count.moved(4 * MINUTE, 1)
  expect(count.lanes).toBe(4)
})

test('a slow link has half of them, until something arrives soon', () => {
  const count = backOff(1, 5)
  count.lost(0)
  count.moved(5 * MINUTE, 1)
  count.kept(false)
  count.moved(5 * MINUTE, 1)
  expect(count.lanes).toBe(2)
  count.lost(5 * MINUTE)
  count.lost(5 * MINUTE)
  expect(count.lanes).toBe(1)
  count.kept(true)
  count.moved(5 * MINUTE, 1)
  expect(count.lanes).toBe(2)
})

test('a concurrency that is asked for is kept to', async () => {
  const count = backOff(4, 4)
  count.struggled(0)
  count.lost(0)
  expect(count.lanes).toBe(4)
  const lanes = createTraffic({ concurrency: 1 }).share()
  const lane = await lanes.acquire(signal)
  lane.struggled()
  expect(lanes.inUse).toBe(1)
})
