import { follow } from './abort.ts'
import { StalledError } from './errors.ts'
import type { Timekeeping } from './timing.ts'

/**
 * Runs something that says when it moves, and cuts it when it does not: at first after `stallMs`, and soon after a wake.
 * @param run stops when its signal says so; calls `moved` with how many milliseconds to wait for the next move
 * @throws {StalledError} where it was cut
 */
export async function watch<Result>(
  run: (signal: AbortSignal, moved: (milliseconds: number) => void) => Promise<Result>,
  { clock, timing, wakes }: Omit<Timekeeping, 'random'>,
  signal: AbortSignal,
): Promise<Result> {
  const watched = follow(signal)
  let disarm = () => {}
  let over = false
  const arm = (milliseconds: number) => {
    disarm()
    // What was refused midway may still move a little: a timer would keep the process.
    if (over) return
    disarm = clock.after(milliseconds, () =>
      watched.abort(new StalledError(`Expected bytes to move, got none for ${milliseconds / 1000} s.`)),
    )
  }
  arm(timing.stallMs)
  const unsubscribe = wakes.subscribe(() => arm(timing.wokenMs))
  try {
    return await run(watched.signal, arm)
  } finally {
    over = true
    disarm()
    unsubscribe()
    watched.release()
  }
}
