import type { Bandwidth } from './bandwidth.ts'
import { systemClock } from './clock.ts'
import { type LaneBudget, laneBudget } from './lane-budget.ts'
import type { Clock } from './ports.ts'
import { Steering } from './steering.ts'

export type { LaneBudget } from './lane-budget.ts'

export interface LaneOptions {
  /** @default 1 */
  readonly min?: number | undefined
  readonly start: number
  readonly max: number
  readonly clock?: Clock | undefined
  readonly bandwidth?: Bandwidth | undefined
}

/**
 * As many lanes as their goodput is worth, for all transfers of a client together.
 * @throws {RangeError} where `max` is not a whole number of at least 1
 */
export function createLanes({
  min = 1,
  start,
  max,
  clock = systemClock,
  bandwidth,
}: LaneOptions): LaneBudget {
  const steering = new Steering({ min, start: Math.min(start, max), max })
  return laneBudget(steering, max, clock, bandwidth)
}
