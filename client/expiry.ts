import type { Clock } from './ports.ts'

/** A URL is replaced when a tenth of its life is left, at most a minute: S3 looks at it when the request begins. */
const MARGIN = 0.1
const LONGEST_MARGIN_MS = 60_000

/**
 * Until when a URL that came just now is used. Measured by the clock from its arrival, so that a wrong time of day here does
 * not matter.
 * @param signed.expiresIn seconds
 */
export function expiryOf(signed: { expiresIn: number }, clock: Clock): number {
  // Whoever signs knows how long that lasts: one that is said to be dead already is tried, rather than asked for again and again.
  const life = Math.max(1, signed.expiresIn) * 1000
  return clock.now() + life - Math.min(life * MARGIN, LONGEST_MARGIN_MS)
}
