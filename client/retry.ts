import type { Timing } from './timing.ts'

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
  { retryBaseMs, retryCapMs }: Pick<Timing, 'retryBaseMs' | 'retryCapMs'>,
  random: number,
  retryAfter = 0,
): number {
  const jitter = random * Math.min(retryCapMs, retryBaseMs * 2 ** (failures - 1))
  return Math.max(jitter, Math.min(retryAfter * 1000, LONGEST_RETRY_AFTER_MS))
}

/** Worth another try: the request did not arrive whole, or the server was not able to. */
export function isTransientStatus(status: number): boolean {
  return status === 408 || status === 409 || status === 429 || status >= 500
}

/** Whether the other side has ever answered in this run. */
export interface Contact {
  made: boolean
  /** Until then: tries after the first, so that a mistyped URL is told soon. */
  readonly retries: number
}

/** Of the store: some three minutes in all, which outlasts a restart of a router. */
export const storeContact = (): Contact => ({ made: false, retries: 12 })
/** Tries of each call of the API, after the first: some ten seconds in all. */
export const API_RETRIES = 5
