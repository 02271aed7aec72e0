import { expect, test } from 'vitest'
import { TIMING } from '../../client/timing.ts'
import { NO_WAKES } from '../../client/wakes.ts'
import { watch } from '../../client/watchdog.ts'

test('what moves after its end is watched no more: a timer would keep the process', async () => {
  const armed = new Set<number>()
  let timers = 0
  const clock = {
    now: () => 0,
    after(_: number, __: () => void) {
      const timer = ++timers
      armed.add(timer)
      return () => void armed.delete(timer)
    },
  }
  let move: (milliseconds: number) => void = () => {}
  const { signal } = new AbortController()
  await watch(
    async (_, moved) => {
      move = moved
      moved(TIMING.stallMs)
      expect(armed.size).toBe(1)
    },
    { clock, timing: TIMING, wakes: NO_WAKES },
    signal,
  )
  expect(armed.size).toBe(0)
  move(TIMING.patienceMs)
  expect(armed.size).toBe(0)
})
