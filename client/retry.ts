/** When a failed try is repeated. Milliseconds. */
export interface RetryPolicy {
  /** Tries after the first, while nothing succeeds. */
  readonly retries: number
  readonly baseMs: number
  readonly capMs: number
}

/** For bytes: some three minutes in all, which outlasts a restart of a router. */
export const PART_RETRIES: RetryPolicy = { retries: 12, baseMs: 250, capMs: 30_000 }
/** For calls of the API: some six seconds in all, so that a mistyped URL is told soon. */
export const API_RETRIES: RetryPolicy = { retries: 5, baseMs: 200, capMs: 5_000 }

/** A store that asks for more patience than this is asked again after it all the same. */
const LONGEST_RETRY_AFTER_MS = 60_000

/**
 * Capped full jitter: evenly distributed from 0 to the doubled and capped base, so that clients that failed together do
 * not come back together. https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 * @param failures in a row, 1 for the first
 * @param random from 0 to 1
 * @param retryAfter seconds that the server asked for, which are waited at least
 */
export function backoff(
  failures: number,
  { baseMs, capMs }: Pick<RetryPolicy, 'baseMs' | 'capMs'>,
  random: number,
  retryAfter = 0,
): number {
  const jitter = random * Math.min(capMs, baseMs * 2 ** (failures - 1))
  return Math.max(jitter, Math.min(retryAfter * 1000, LONGEST_RETRY_AFTER_MS))
}

/** Worth another try: the request did not arrive whole, or the server was not able to. */
export function isTransientStatus(status: number): boolean {
  return status === 408 || status === 409 || status === 429 || status >= 500
}
