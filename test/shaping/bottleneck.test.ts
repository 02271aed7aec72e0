import { expect, test } from 'vitest'
import { Bottleneck } from './bottleneck.ts'

/** Every timer fires so much too late. */
function clockLateBy(late: number) {
  let now = 0
  return {
    now: () => now,
    async sleep(milliseconds: number) {
      await null
      now += milliseconds + late
    },
  }
}

test.each([
  ['on time', 0],
  ['late, as they do', 5],
  ['very late', 15],
])('a wire carries what its rate allows although timers fire %s', async (_, late) => {
  const clock = clockLateBy(late)
  const wire = new Bottleneck(() => 20_000_000, clock)
  let passed = 0
  for (let piece = 0; piece < 2_000; piece++) passed = await wire.pass(12_500)
  expect(passed / 10_000).toBeGreaterThan(0.99)
  expect(passed / 10_000).toBeLessThan(1.01)
})

test('those who share a wire get the same of it, in turns', async () => {
  const wire = new Bottleneck(() => 100_000_000, clockLateBy(5))
  const passed = [0, 0, 0, 0]
  const send = async (connection: number) => {
    for (let piece = 0; piece < 250; piece++) passed[connection] = await wire.pass(12_500)
  }
  await Promise.all(passed.map((_, connection) => send(connection)))
  for (const at of passed) expect(at / 1_000).toBeCloseTo(1, 1)
})

test('a wire that was idle does not make up for it', async () => {
  const clock = clockLateBy(0)
  const wire = new Bottleneck(() => 1_000_000, clock)
  await clock.sleep(5_000)
  expect(await wire.pass(125_000)).toBe(6_000)
})
