import type { Clock, Wakes } from './ports.ts'

/** How long the engine waits, and for what. Milliseconds. Tests have shorter ones. */
export interface Timing {
  /** A connection that moves no bytes for this long is cut. */
  readonly stallMs: number
  /** The same once a whole body is handed over: some of it may still be in the machine's own buffers. */
  readonly answerMs: number
  /** The same once something woke the engine: a connection that slept is most often dead. */
  readonly wokenMs: number
  /** Of a call of the API: the gateway gives up after 30 s, and says so. */
  readonly apiAnswerMs: number
  /** Of retries, capped full jitter: at first up to the base, then up to twice that, and so on up to the cap. */
  readonly retryBaseMs: number
  readonly retryCapMs: number
  /** An upload under way that makes no progress for this long fails, resumable. Time that the machine sleeps does not count. */
  readonly patienceMs: number
  /** How long the function behind complete may run on after the gateway has given up on it. */
  readonly longestCompleteMs: number
}

export const TIMING: Timing = {
  stallMs: 30_000,
  answerMs: 60_000,
  wokenMs: 5_000,
  apiAnswerMs: 35_000,
  retryBaseMs: 250,
  retryCapMs: 30_000,
  patienceMs: 24 * 60 * 60_000,
  longestCompleteMs: 15 * 60_000,
}

/** Whatever waits needs these. */
export interface Timekeeping {
  readonly clock: Clock
  readonly timing: Timing
  readonly wakes: Wakes
  /** From 0 to 1. */
  readonly random: () => number
}
