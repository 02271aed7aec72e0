export interface Throttling {
  ratePerSecond?: number | undefined
  burst?: number | undefined
}

/**
 * A token bucket: `burst` requests at once, refilled by `ratePerSecond`.
 *
 * @returns a function that says whether one more request may pass now
 */
export function createThrottle(
  { ratePerSecond, burst }: Throttling,
  now: () => number = Date.now,
): () => boolean {
  const rate = ratePerSecond ?? Number.POSITIVE_INFINITY
  const capacity = burst ?? Number.POSITIVE_INFINITY
  let tokens = capacity
  let last = now()
  return () => {
    const time = now()
    const refill = time > last ? ((time - last) / 1000) * rate : 0
    tokens = Math.min(capacity, tokens + refill)
    last = time
    if (tokens < 1) return false
    tokens -= 1
    return true
  }
}
