import { describe, expect, test } from 'vitest'
import { follow } from '../../client/abort.ts'
import { createClock, sleep } from '../../client/clock.ts'
import { NetworkError } from '../../client/errors.ts'
import type { Clock } from '../../client/ports.ts'
import { TIMING } from '../../client/timing.ts'
import { clockJumps, combineWakes } from '../../client/wakes.ts'
import { watch } from '../../client/watchdog.ts'
import { FakeWakes } from '../client/fake-wakes.ts'
import { VirtualClock } from '../client/virtual-clock.ts'

const { signal } = new AbortController()

describe('the clock', () => {
  function clocks() {
    let [monotonic, day] = [500, 1_000_000]
    const clock = createClock(
      () => monotonic,
      () => day,
    )
    const pass = (monotonicMs: number, dayMs: number) => {
      monotonic += monotonicMs
      day += dayMs
    }
    return { clock, pass }
  }

  test('counts the time that the machine slept', () => {
    const { clock, pass } = clocks()
    pass(20, 3_600_000)
    expect(clock.now()).toBe(500 + 3_600_000)
    pass(10, 10)
    expect(clock.now()).toBe(500 + 3_600_010)
  })

  test.each([
    ['set back', 1000, -3_600_000],
    ['set right by less than a second', 1000, 1900],
  ])('is not disturbed by a time of day that is %s', (_, monotonicMs, dayMs) => {
    const { clock, pass } = clocks()
    pass(monotonicMs, dayMs)
    expect(clock.now()).toBe(500 + monotonicMs)
  })
})

describe('sleep', () => {
  test('ends at once when something wakes the engine', async () => {
    const [clock, wakes] = [new VirtualClock(), new FakeWakes()]
    clock.after(1000, () => wakes.wake())
    await sleep(clock, 30_000, signal, wakes)
    expect(clock.now()).toBe(1000)
    expect(wakes.listeners).toBe(0)
  })

  test('goes on where all that is told is that the network has gone', async () => {
    const [clock, wakes] = [new VirtualClock(), new FakeWakes()]
    clock.after(1000, () => wakes.setOnline(false))
    clock.after(2000, () => wakes.setOnline(true))
    await sleep(clock, 30_000, signal, wakes)
    expect(clock.now()).toBe(2000)
  })

  test.each(['ends', 'is aborted'])('leaves no listener behind when it %s', async (how) => {
    const [clock, wakes, counted] = [new VirtualClock(), new FakeWakes(), countListeners()]
    const slept = sleep(clock, 1000, counted.signal, wakes)
    expect(counted.listeners()).toBe(1)
    if (how === 'is aborted') {
      counted.abort(new Error('Enough.'))
      await expect(slept).rejects.toThrow('Enough.')
    } else await slept
    expect(counted.listeners()).toBe(0)
    expect(wakes.listeners).toBe(0)
  })
})

test('a follower that is released leaves no listener on the signal that outlives it', () => {
  const counted = countListeners()
  const followers = Array.from({ length: 10 }, () => follow(counted.signal))
  expect(counted.listeners()).toBe(10)
  for (const { release } of followers) release()
  expect(counted.listeners()).toBe(0)
})

describe('a connection', () => {
  const keeping = (clock: Clock, wakes: FakeWakes) => ({ clock, wakes, timing: TIMING })
  const untilCut = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

  test('that does not move within seconds of a wake is cut', async () => {
    const [clock, wakes] = [new VirtualClock(), new FakeWakes()]
    clock.after(1000, () => wakes.wake())
    await expect(watch(untilCut, keeping(clock, wakes), signal)).rejects.toThrow(NetworkError)
    expect(clock.now()).toBe(1000 + TIMING.wokenMs)
    expect(wakes.listeners).toBe(0)
  })

  test('that moves after a wake has its usual time again', async () => {
    const [clock, wakes] = [new VirtualClock(), new FakeWakes()]
    clock.after(1000, () => wakes.wake())
    const run = (signal: AbortSignal, moved: (milliseconds: number) => void) => {
      clock.after(2000, () => moved(TIMING.stallMs))
      return untilCut(signal)
    }
    await expect(watch(run, keeping(clock, wakes), signal)).rejects.toThrow('30 s')
    expect(clock.now()).toBe(2000 + TIMING.stallMs)
  })
})

describe('a machine that sleeps', () => {
  /** Timers stand still while it does. */
  class SleepingClock extends VirtualClock {
    slept = 0
    override now() {
      return super.now() + this.slept
    }
  }

  test('wakes whoever listens, once', async () => {
    const clock = new SleepingClock()
    const jumps = clockJumps(clock)
    let woken = 0
    const unsubscribe = jumps.subscribe(() => woken++)
    await sleep(clock, 60_000, signal)
    expect(woken).toBe(0)
    clock.slept += 3_600_000
    await sleep(clock, 10_000, signal)
    expect(woken).toBe(1)
    unsubscribe()
    clock.slept += 3_600_000
    await sleep(clock, 10_000, signal)
    expect(woken).toBe(1)
  })
})

test('several sources wake as one, and are online where all of them are', () => {
  const [one, other] = [new FakeWakes(), new FakeWakes()]
  const both = combineWakes(one, other)
  let woken = 0
  const unsubscribe = both.subscribe(() => woken++)
  one.wake()
  other.setOnline(false)
  expect(woken).toBe(2)
  expect(both.online).toBe(false)
  unsubscribe()
  expect(one.listeners + other.listeners).toBe(0)
})

/** A signal that knows how many listen to it. */
function countListeners() {
  const controller = new AbortController()
  const { signal } = controller
  const listeners = new Set<unknown>()
  const { addEventListener, removeEventListener } = signal
  signal.addEventListener = (type: string, listener: unknown, options?: unknown) => {
    listeners.add(listener)
    addEventListener.call(signal, type, listener as EventListener, options as AddEventListenerOptions)
  }
  signal.removeEventListener = (type: string, listener: unknown) => {
    listeners.delete(listener)
    removeEventListener.call(signal, type, listener as EventListener)
  }
  return { signal, listeners: () => listeners.size, abort: (reason: unknown) => controller.abort(reason) }
}
