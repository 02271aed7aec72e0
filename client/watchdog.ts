import { follow } from './abort.ts'
import { NetworkError } from './errors.ts'
import type { Clock } from './ports.ts'

/** A connection that moves no bytes for this long is cut. */
export const STALL_MS = 30_000
/** Once a whole body is handed over, some of it may still be in the machine's own buffers. */
export const ANSWER_MS = 60_000

/**
 * Runs something that says when it moves, and cuts it when it does not.
 * @param run stops when its signal says so; calls `moved` with how long to wait for the next move
 * @throws {NetworkError} where it was cut
 */
export async function watch<Result>(
  run: (signal: AbortSignal, moved: (milliseconds: number) => void) => Promise<Result>,
  clock: Clock,
  signal: AbortSignal,
): Promise<Result> {
  const watched = follow(signal)
  const arm = (milliseconds: number) =>
    clock.after(milliseconds, () =>
      watched.abort(new NetworkError(`Expected bytes to move, got none for ${milliseconds / 1000} s.`)),
    )
  let disarm = arm(STALL_MS)
  try {
    return await run(watched.signal, (milliseconds) => {
      disarm()
      disarm = arm(milliseconds)
    })
  } finally {
    disarm()
    watched.release()
  }
}
