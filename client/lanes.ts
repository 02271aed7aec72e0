import type { Bandwidth } from './bandwidth.ts'
import { systemClock } from './clock.ts'
import type { Clock, Lane, Lanes } from './ports.ts'
import { Steering } from './steering.ts'

/** Milliseconds. What is carried for longer is a lot to lose. */
const LONG_TRY_MS = 20_000

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
 * are not cut: they are not given out again, and wait before another try.
 *
 * On a link so slow that it breaks before any of them has carried its part to the end, that would be so time and again: there are
 * to be fewer then, each of them faster.
 * @throws {RangeError} where `max` is not a whole number of at least 1
 */
export function createLanes(options: LaneOptions): LaneBudget {
  const { min = 1, start, max, clock = systemClock, bandwidth } = options
  checkConcurrency(max)
  const steering = new Steering({ min, start: Math.min(start, max), max })
  const shares = new Set<Share>()
  let inUse = 0
  let arrivals = 0
  /** Lanes that wait before another try. */
  const parked: (() => void)[] = []
  let keptAt = Number.NEGATIVE_INFINITY
  let fewerAt = Number.NEGATIVE_INFINITY

  const active = () => inUse - parked.length

  /** The next in line is of the share with the fewest lanes; among those, whoever has waited longest. */
  function next(): Share | undefined {
    const waiting = [...shares].filter((share) => share.waiting.length > 0 && share.inUse < share.most)
    return waiting.sort((a, b) => a.inUse - b.inUse || waitingSince(a) - waitingSince(b))[0]
  }

  function giveOut(): void {
    while (active() < steering.lanes) {
      const goOn = parked.shift()
      if (goOn) {
        goOn()
        continue
      }
      const share = next()
      const waiter = share?.waiting.shift()
      if (!share || !waiter) break
      inUse++
      share.inUse++
      waiter.give(laneOf(share))
    }
    steering.used(clock.now(), active())
  }

  function laneOf(share: Share): Lane {
    let held = true
    let begunAt = clock.now()
    let movedAt = begunAt
    return {
      moved(bytes) {
        bandwidth?.charge(bytes)
        movedAt = clock.now()
        const { lanes } = steering
        steering.moved(clock.now(), bytes)
        if (steering.lanes > lanes) giveOut()
      },
      struggled: () => steering.struggled(clock.now()),
      lost() {
        const isLong = movedAt - begunAt >= LONG_TRY_MS
        if (!isLong || Math.max(keptAt, fewerAt) >= begunAt) return
        fewerAt = clock.now()
        steering.lost(fewerAt)
      },
      async again(signal) {
        if (active() > steering.lanes) await park(signal)
        begunAt = clock.now()
        movedAt = begunAt
      },
      kept() {
        keptAt = clock.now()
        steering.kept(keptAt - begunAt < LONG_TRY_MS)
      },
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

  function park(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const goOn = () => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
      const onAbort = () => {
        parked.splice(parked.indexOf(goOn), 1)
        reject(signal.reason)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      parked.push(goOn)
      steering.used(clock.now(), active())
    })
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
