import { describe, expect, test } from 'vitest'
import { Steering } from '../../client/steering.ts'
import { type LinkModel, runOver } from '../client/link-model.ts'

/** Bytes per millisecond. */
const MBIT = 125
const MINUTE = 60_000
const FIXED = [1, 2, 3, 4, 6, 8, 10, 12, 15, 16, 20, 24, 32, 40, 48, 64]

const perConnection: LinkModel = { rate: (connections) => connections * 20 * MBIT }
const flatAfter = (most: number): LinkModel => ({
  rate: (connections) => Math.min(connections, most) * 20 * MBIT,
})
const lossy: LinkModel = { rate: (connections) => 100 * MBIT * (1 - Math.exp(-connections / 12)) }
const loopback: LinkModel = {
  rate: (connections) => (8_000 * MBIT) / (1 + Math.max(0, connections - 6) / 50),
}
const asksForLessAbove = (most: number): LinkModel => ({
  ...perConnection,
  asksForLess: (connections) => connections > most,
})

/** Of what the best fixed number of lanes sends in a minute. */
function shareOfBest(link: LinkModel, noise: number, seed: number): number {
  const allowed = FIXED.filter((lanes) => !link.asksForLess?.(lanes))
  const best = Math.max(
    ...allowed.map((fixed) => runOver(link, { milliseconds: MINUTE, fixed, noise, seed }).bytes),
  )
  return runOver(link, { milliseconds: MINUTE, noise, seed }).bytes / best
}

describe.each<[string, LinkModel]>([
  ['each connection has its own limit', perConnection],
  ['three connections fill it', flatAfter(3)],
  ['fifteen connections fill it', flatAfter(15)],
  ['each connection more brings less than the one before', lossy],
  ['lanes cost more than they bring', loopback],
  ['the store asks for less above 3', asksForLessAbove(3)],
  ['the store asks for less above 20', asksForLessAbove(20)],
])('in a minute on a link where %s', (_, link) => {
  test('comes within a tenth of the best fixed number', () => {
    expect(shareOfBest(link, 0, 1)).toBeGreaterThan(0.9)
  })

  test('does so although the link is noisy, but for unlucky runs', () => {
    const runs = Array.from({ length: 10 }, (_, seed) => shareOfBest(link, 0.05, seed + 1))
    const shares = runs.toSorted((a, b) => a - b)
    expect(shares[3]).toBeGreaterThan(0.9)
    expect(shares[0]).toBeGreaterThan(0.8)
  })
})

test('has as many lanes as it may within three seconds, where every lane brings as much as the first', () => {
  const { changes } = runOver(perConnection, { milliseconds: MINUTE })
  expect(changes.map(({ lanes }) => lanes)).toEqual([6, 12, 24, 48, 64])
  expect(changes.at(-1)?.at).toBeLessThan(3_000)
})

test('goes back to what it began with, where more lanes bring nothing', () => {
  const { lanes, changes } = runOver(flatAfter(3), { milliseconds: MINUTE })
  expect(lanes.at(-1)).toBe(6)
  expect(changes.filter(({ at }) => at > MINUTE / 2)).toHaveLength(0)
})

test('goes back, where more lanes cost', () => {
  const { lanes } = runOver(loopback, { milliseconds: MINUTE })
  expect(lanes.filter((count) => count > 8).length / lanes.length).toBeLessThan(0.1)
})

test('tries other numbers more and more seldom, as long as the link stays what it is', () => {
  const { changes } = runOver(flatAfter(15), { milliseconds: 5 * MINUTE })
  const after = (from: number) => changes.filter(({ at }) => at >= from && at < from + MINUTE).length
  expect(after(0)).toBeLessThan(14)
  expect(after(4 * MINUTE)).toBeLessThanOrEqual(5)
})

test('stays just below where the store asks for less', () => {
  const { lanes } = runOver(asksForLessAbove(20), { milliseconds: MINUTE })
  expect(lanes.at(-1)).toBe(20)
  expect(lanes.filter((count) => count > 20).length).toBeLessThanOrEqual(4)
})

test.each([
  ['faster', 10, 40],
  ['slower', 40, 10],
])('finds its way within half a minute, on a link that gets %s', (_, before, after) => {
  const most = (now: number) => (now < MINUTE ? before : after)
  const link = { rate: (lanes: number, now: number) => Math.min(lanes, most(now)) * 20 * MBIT }
  const until = (milliseconds: number) => runOver(link, { milliseconds }).bytes
  const sent = until(2 * MINUTE) - until(1.5 * MINUTE)
  expect(sent / (after * 20 * MBIT * 0.5 * MINUTE)).toBeGreaterThan(0.9)
})

test('notices that a link has become another, although it has left it alone for long', () => {
  const [before, after] = [flatAfter(8), { rate: (lanes: number) => Math.min(lanes, 40) * 30 * MBIT }]
  const link = { rate: (lanes: number, now: number) => (now < MINUTE ? before : after).rate(lanes, now) }
  const { changes } = runOver(link, { milliseconds: 2 * MINUTE })
  const grown = changes.find(({ at, lanes }) => at > MINUTE && lanes >= 32)
  expect(grown?.at).toBeLessThan(MINUTE + 8_000)
})

test('does not take for goodput what only fills the buffers of connections that were opened', () => {
  const link = { ...flatAfter(3), buffer: 4 * 1024 * 1024 }
  const { lanes } = runOver(link, { milliseconds: MINUTE })
  expect(Math.max(...lanes)).toBeLessThanOrEqual(24)
})

test('waits on a slow link for more than a handful of bytes', () => {
  const { changes } = runOver({ rate: () => MBIT }, { milliseconds: MINUTE })
  expect(changes[1]?.at).toBeGreaterThan(8_000)
  expect(changes.length).toBeLessThan(6)
})

describe('a steering', () => {
  const TICK_MS = 100

  /** That many milliseconds, in which every lane sends that many bytes per millisecond. */
  function pass(steering: Steering, from: number, milliseconds: number, perLane: number, inUse?: number) {
    for (let now = from; now < from + milliseconds; now += TICK_MS) {
      steering.used(now, inUse ?? steering.lanes)
      steering.moved(now, steering.lanes * perLane * TICK_MS)
    }
    return from + milliseconds
  }

  test.each([
    [16, 11],
    [6, 4],
    [2, 1],
    [1, 1],
  ])('of %i lanes has %i once the store asks for less', (start, left) => {
    const steering = new Steering({ min: 1, start, max: 64 })
    steering.struggled(0)
    expect(steering.lanes).toBe(left)
  })

  test('backs off once for what all lanes hear at the same time, and again for what they hear later', () => {
    const steering = new Steering({ min: 1, start: 16, max: 64 })
    for (let now = 0; now < 2_000; now += 100) steering.struggled(now)
    expect(steering.lanes).toBe(11)
    steering.struggled(2_000)
    expect(steering.lanes).toBe(7)
    for (let now = 4_000; now < 60_000; now += 2_000) steering.struggled(now)
    expect(steering.lanes).toBe(1)
  })

  test('recovers once the store does', () => {
    const steering = new Steering({ min: 1, start: 16, max: 64 })
    for (let now = 0; now < 20_000; now += 2_000) steering.struggled(now)
    expect(steering.lanes).toBe(1)
    const recovered = pass(steering, 20_000, 12_000, 2_500)
    expect(steering.lanes).toBeGreaterThan(10)
    expect(steering.lanes).toBeLessThan(16)
    pass(steering, recovered, 2 * MINUTE, 2_500)
    expect(steering.lanes).toBe(64)
  })

  test('takes a step back to where it was, when the store asks for less because of it', () => {
    const steering = new Steering({ min: 1, start: 6, max: 64 })
    const now = pass(steering, 0, 800, 2_500)
    expect(steering.lanes).toBe(12)
    steering.struggled(now)
    expect(steering.lanes).toBe(6)
  })

  test('learns nothing from lanes that have nothing to do', () => {
    const steering = new Steering({ min: 1, start: 6, max: 64 })
    pass(steering, 0, MINUTE, 2_500, 3)
    expect(steering.lanes).toBe(6)
  })

  test('keeps what it learned through an idle time', () => {
    const steering = new Steering({ min: 1, start: 6, max: 12 })
    const now = pass(steering, 0, 5_000, 2_500)
    expect(steering.lanes).toBe(12)
    steering.used(now, 0)
    pass(steering, now + MINUTE, 5_000, 2_500)
    expect(steering.lanes).toBe(12)
  })

  test('of a fixed number of lanes keeps it', () => {
    const steering = new Steering({ min: 4, start: 4, max: 4 })
    const now = pass(steering, 0, 10_000, 2_500)
    steering.struggled(now)
    expect(steering.lanes).toBe(4)
  })
})
