import { sleep } from './clock.ts'
import type { Clock } from './ports.ts'

/** Bytes per second. With less, a piece of 64 KiB would take so long that its connection counted as stalled. */
const SLOWEST = 16 * 1024
/** Milliseconds. What was not used for longer than this is lost; it makes up for timers that fire late. */
const BURST_MS = 50

/** One limit for all bytes of a client. First come, first served. */
export interface Bandwidth {
  readonly bytesPerSecond: number
  /**
   * Resolves when that many bytes more may go: before each piece.
   * @throws the signal's reason once that is aborted
   */
  pace(bytes: number, signal: AbortSignal): Promise<void>
  /** Counts bytes that went unasked: they delay those who ask. */
  charge(bytes: number): void
}

/** A token bucket. @throws {RangeError} */
export function createBandwidth(bytesPerSecond: number, clock: Clock): Bandwidth {
  if (!(Number.isFinite(bytesPerSecond) && bytesPerSecond >= SLOWEST)) {
    throw new RangeError(
      `Expected a bandwidthLimit of at least ${SLOWEST} bytes per second, got ${bytesPerSecond}; leave it out for none.`,
    )
  }
  /** When everything that was let through has gone at this rate. */
  let gone = Number.NEGATIVE_INFINITY

  /** @returns when the first of these bytes may go */
  function take(bytes: number): number {
    const from = Math.max(gone, clock.now() - BURST_MS)
    gone = from + (bytes / bytesPerSecond) * 1000
    return from
  }

  return {
    bytesPerSecond,
    charge: take,
    async pace(bytes, signal) {
      const early = take(bytes) - clock.now()
      if (early <= 0) return
      try {
        await sleep(clock, early, signal)
      } catch (error) {
        gone -= (bytes / bytesPerSecond) * 1000
        throw error
      }
    },
  }
}
