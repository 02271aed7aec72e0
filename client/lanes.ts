import type { Bandwidth } from './bandwidth.ts'
import { systemClock } from './clock.ts'
import type { Clock, Lane, Lanes } from './ports.ts'
import { Steering } from './steering.ts'

export interface LaneOptions {
  /** @default 1 */
  readonly min?: number | undefined
  readonly start: number
  readonly max: number
  readonly clock?: Clock | undefined
  /** Where bytes cannot be held back one by one: no lane is given out before those that went are within the limit. */
  readonly bandwidth?: Bandwidth | undefined
}

/** The lanes of a client. */
export interface LaneBudget {
  /**
   * For one transfer: those that have something to do get the same number of lanes, whoever came first.
   * @param most of its own at once. @default all there are
   * @throws {RangeError} where that is not a whole number of at least 1
   */
  share(most?: number): Lanes
}

/**
 * Lanes for all transfers of a client together, as many as their goodput is worth. When there are to be fewer, those under way
 * are not cut: they are not given out again.
 * @throws {RangeError} where `max` is not a whole number of at least 1
 */
export function createLanes(options: LaneOptions): LaneBudget {
  const { min = 1, start, max, clock = systemClock, bandwidth } = options
  checkConcurrency(max)
  const steering = new Steering({ min, start: Math.min(start, max), max })
  const shares = new Set<Share>()
  let inUse = 0
  let arrivals = 0

  /** The next in line is of the share with the fewest lanes; among those, whoever has waited longest. */
  function next(): Share | undefined {
    const waiting = [...shares].filter((share) => share.waiting.length > 0 && share.inUse < share.most)
    return waiting.sort((a, b) => a.inUse - b.inUse || waitingSince(a) - waitingSince(b))[0]
  }

  function giveOut(): void {
    while (inUse < steering.lanes) {
      const share = next()
      const waiter = share?.waiting.shift()
      if (!share || !waiter) break
      inUse++
      share.inUse++
      waiter.give(laneOf(share))
    }
    steering.used(clock.now(), inUse)
  }

  function laneOf(share: Share): Lane {
    let held = true
    return {
      moved(bytes) {
        bandwidth?.charge(bytes)
        const { lanes } = steering
        steering.moved(clock.now(), bytes)
        if (steering.lanes > lanes) giveOut()
      },
      struggled: () => steering.struggled(clock.now()),
      release() {
        if (!held) return
        held = false
        inUse--
        share.inUse--
        giveOut()
        leaveIfIdle(share)
      },
    }
  }

  function leaveIfIdle(share: Share): void {
    if (share.inUse === 0 && share.waiting.length === 0) shares.delete(share)
  }

  return {
    share(most = max) {
      const share: Share = { most: Math.min(checkConcurrency(most), max), inUse: 0, waiting: [] }
      return {
        max: share.most,
        get inUse() {
          return share.inUse
        },
        async acquire(signal) {
          await bandwidth?.pace(0, signal)
          signal.throwIfAborted()
          shares.add(share)
          const lane = queue(share, signal, arrivals++)
          giveOut()
          return lane.finally(() => leaveIfIdle(share))
        },
      }
    },
  }
}

function checkConcurrency(concurrency: number): number {
  if (Number.isInteger(concurrency) && concurrency >= 1) return concurrency
  throw new RangeError(`Expected a concurrency of 1, 2, 3 …, got ${concurrency}.`)
}

interface Share {
  readonly most: number
  inUse: number
  readonly waiting: Waiter[]
}

interface Waiter {
  readonly arrival: number
  give(lane: Lane): void
}

function waitingSince({ waiting }: Share): number {
  return waiting[0]?.arrival ?? Number.POSITIVE_INFINITY
}

function queue(share: Share, signal: AbortSignal, arrival: number): Promise<Lane> {
  return new Promise((resolve, reject) => {
    const waiter = {
      arrival,
      give(lane: Lane) {
        signal.removeEventListener('abort', onAbort)
        resolve(lane)
      },
    }
    const onAbort = () => {
      share.waiting.splice(share.waiting.indexOf(waiter), 1)
      reject(signal.reason)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    share.waiting.push(waiter)
  })
}
