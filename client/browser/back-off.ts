import type { LaneCount } from '../lane-budget.ts'

/** What is left of the lanes when the store asks for less. */
const BACKED_OFF = 0.7
/** Milliseconds. What is heard within this time is the answer to the same mistake. */
const ROUND_MS = 2_000
/** How long the lanes stay where they are then. Twice as long when the store asks again. */
const CAUTION_MS = 60_000
/** After a link has broken before any lane was at the end of its part. */
const SLOW_MS = 10 * CAUTION_MS
/** Between one lane more and the next. */
const REST_MS = 4_000

/**
 * As many lanes as there may be, and fewer for a while where the store, or a slow link, asks for that. A browser has five at most:
 * to measure what each is worth, as client/steering.ts does, would gain nothing.
 */
export function backOff(min: number, max: number): LaneCount {
  let lanes = max
  let heardAt = Number.NEGATIVE_INFINITY
  let caution = CAUTION_MS
  let cautiousUntil = 0
  let slowUntil = 0
  const keep = (share: number) => {
    lanes = Math.max(min, Math.floor(lanes * share))
  }
  return {
    get lanes() {
      return lanes
    },
    moved(now) {
      if (lanes === max || now < Math.max(cautiousUntil, slowUntil)) return
      lanes++
      cautiousUntil = now + REST_MS
    },
    struggled(now) {
      if (now < heardAt + ROUND_MS) return
      heardAt = now
      keep(BACKED_OFF)
      cautiousUntil = now + caution
      caution = 2 * CAUTION_MS
    },
    lost(now) {
      keep(0.5)
      slowUntil = now + SLOW_MS
    },
    kept(soon) {
      if (soon) slowUntil = 0
    },
  }
}
