import type { Clock, Wakes } from './ports.ts'
import { NO_WAKES } from './wakes.ts'

/** Clocks that are set right by less than this are no sleep. */
const SHORTEST_SLEEP_MS = 1_000

/**
 * Monotonic, so that a clock that is set right midway disturbs nothing. On most platforms it stands still while the machine sleeps:
 * how far the time of day runs ahead of it meanwhile is added.
 */
export function createClock(monotonic: () => number, timeOfDay: () => number): Clock {
  let [before, dayBefore, slept] = [monotonic(), timeOfDay(), 0]
  return {
    now() {
      const [now, day] = [monotonic(), timeOfDay()]
      const ahead = day - dayBefore - (now - before)
      if (ahead > SHORTEST_SLEEP_MS) slept += ahead
      before = now
      dayBefore = day
      return now + slept
    },
    after(milliseconds, callback) {
      const timer = setTimeout(callback, milliseconds)
      return () => clearTimeout(timer)
    },
  }
}

/** The platform's own. */
export const systemClock: Clock = createClock(
  () => performance.now(),
  () => Date.now(),
)

/**
 * Ends early when something wakes the engine, unless that says only that there is no network.
 * @throws the signal's reason once that is aborted
 */
export function sleep(
  clock: Clock,
  milliseconds: number,
  signal: AbortSignal,
  wakes: Wakes = NO_WAKES,
): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const end = () => {
      cancel()
      unsubscribe()
      signal.removeEventListener('abort', onAbort)
    }
    const onAbort = () => {
      end()
      reject(signal.reason)
    }
    const wake = () => {
      end()
      resolve()
    }
    const cancel = clock.after(milliseconds, wake)
    const unsubscribe = wakes.subscribe(() => wakes.online && wake())
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
