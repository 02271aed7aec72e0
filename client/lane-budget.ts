import type { Bandwidth } from './bandwidth.ts'
import type { Clock, Lane, Lanes } from './ports.ts'

/** Milliseconds. What is carried for longer is a lot to lose. */
const LONG_TRY_MS = 20_000

/** How many lanes there should be. Time is what it is told, in milliseconds. */
export interface LaneCount {
  readonly lanes: number
  /** So many lanes have something to do from now on. */
  used?(now: number, inUse: number): void
  moved(now: number, bytes: number): void
  /** The store asked for less, or a connection stalled. */
  struggled(now: number): void
  /** The link broke, and what the lanes had carried for long was lost, of all of them. */
  lost(now: number): void
  /** What was carried is there for good. @param soon so that it is not a slow link, or not any more */
  kept(soon: boolean): void
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

interface Share {
  readonly most: number
  inUse: number
}

/** Somebody in a line. */
interface Waiter<Value> {
  go(value: Value): void
  readonly share?: Share
}

/**
 * Lanes for all transfers of a client together. When there are to be fewer, those under way are not cut: they are not given out
 * again, and wait before another try.
 *
 * On a link so slow that it breaks before any of them has carried its part to the end, that would be so time and again: there are
 * to be fewer then, each of them faster.
 * @param bandwidth where bytes cannot be held back one by one: no lane is given out before those that went are within the limit
 */
export function laneBudget(count: LaneCount, max: number, clock: Clock, bandwidth?: Bandwidth): LaneBudget {
  checkConcurrency(max)
  /** In the order in which they came. */
  const line: (Waiter<Lane> & { readonly share: Share })[] = []
  /** Lanes that wait before another try. */
  const parked: Waiter<void>[] = []
  let inUse = 0
  let keptAt = Number.NEGATIVE_INFINITY
  let fewerAt = keptAt

  const active = () => inUse - parked.length

  function giveOut(): void {
    while (active() < count.lanes) {
      const first = parked.shift()
      if (first) first.go()
      else {
        // Of the transfer with the fewest lanes; among those, whoever has waited longest.
        const [next] = line
          .filter(({ share }) => share.inUse < share.most)
          .sort((a, b) => a.share.inUse - b.share.inUse)
        if (!next) break
        line.splice(line.indexOf(next), 1)
        inUse++
        next.share.inUse++
        next.go(laneOf(next.share))
      }
    }
    count.used?.(clock.now(), active())
  }

  function laneOf(share: Share): Lane {
    let held = true
    let begunAt = clock.now()
    let movedAt = begunAt
    return {
      moved(bytes) {
        bandwidth?.charge(bytes)
        movedAt = clock.now()
        const { lanes } = count
        count.moved(movedAt, bytes)
        if (count.lanes > lanes) giveOut()
      },
      struggled: () => count.struggled(clock.now()),
      lost() {
        if (movedAt - begunAt < LONG_TRY_MS || Math.max(keptAt, fewerAt) >= begunAt) return
        fewerAt = clock.now()
        count.lost(fewerAt)
      },
      async again(signal) {
        if (active() > count.lanes) {
          const unparked = waitIn<void>(parked, {}, signal)
          count.used?.(clock.now(), active())
          await unparked
        }
        movedAt = begunAt = clock.now()
      },
      kept() {
        keptAt = clock.now()
        count.kept(keptAt - begunAt < LONG_TRY_MS)
      },
      release() {
        if (!held) return
        held = false
        inUse--
        share.inUse--
        giveOut()
      },
    }
  }

  return {
    share(most = max) {
      const share: Share = { most: Math.min(checkConcurrency(most), max), inUse: 0 }
      return {
        max: share.most,
        get inUse() {
          return share.inUse
        },
        async acquire(signal) {
          await bandwidth?.pace(0, signal)
          const lane = waitIn<Lane>(line, { share }, signal)
          giveOut()
          return lane
        },
      }
    },
  }
}

/** @throws {RangeError} where that is not a whole number of at least 1 */
function checkConcurrency(concurrency: number): number {
  if (Number.isInteger(concurrency) && concurrency >= 1) return concurrency
  throw new RangeError(`Expected a concurrency of 1, 2, 3 …, got ${concurrency}.`)
}

/** Resolves when somebody lets it go; rejects with the signal's reason once that is aborted. */
function waitIn<Value>(
  line: Waiter<Value>[],
  rest: Omit<Waiter<Value>, 'go'>,
  signal: AbortSignal,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const leave = () => {
      line.splice(line.indexOf(waiter), 1)
      reject(signal.reason)
    }
    const waiter = {
      ...rest,
      go(value: Value) {
        signal.removeEventListener('abort', leave)
        resolve(value)
      },
    }
    signal.addEventListener('abort', leave, { once: true })
    line.push(waiter)
  })
}
