import { createBandwidth } from '../bandwidth.ts'
import { systemClock } from '../clock.ts'
import { type LaneBudget, laneBudget } from '../lane-budget.ts'
import type { Clock } from '../ports.ts'
import { backOff } from './back-off.ts'

/** Browsers open at most 6 connections to an origin under HTTP/1.1: one is left to the API, which may share it. */
const MOST_LANES = 5
/** Under a bandwidth limit: what is sent at once at most, before there is a pause for it, is so many parts. */
const MOST_PACED_LANES = 2

/** How much a client may do at once. */
export interface TrafficOptions {
  /**
   * Bytes per second, of all uploads together. A browser sends a part as fast as it can, and the next when the average allows it:
   * the limit holds over several parts, not over a second.
   * @default none
   */
  readonly bandwidthLimit?: number | undefined
  /** So many parts under way at once, of all uploads together, whatever the link does. @default 5, fewer while the store or a slow link asks for that */
  readonly concurrency?: number | undefined
}

/** @throws {RangeError} for what is no such number */
export function createTraffic(
  { bandwidthLimit, concurrency }: TrafficOptions = {},
  clock: Clock = systemClock,
): LaneBudget {
  const bandwidth = bandwidthLimit === undefined ? undefined : createBandwidth(bandwidthLimit, clock)
  const max = concurrency ?? (bandwidth ? MOST_PACED_LANES : MOST_LANES)
  return laneBudget(backOff(concurrency ?? 1, max), max, clock, bandwidth)
}
