import { UsageError } from './command.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const UNITS: Readonly<Record<string, number>> = {
  m: MINUTE_MS,
  h: HOUR_MS,
  d: DAY_MS,
  w: 7 * DAY_MS,
}

/** @returns in one unit, such as `5 min`, `3 h` or `12 d` */
export function formatAge(milliseconds: number): string {
  if (milliseconds < HOUR_MS) return `${Math.max(0, Math.floor(milliseconds / MINUTE_MS))} min`
  if (milliseconds < 2 * DAY_MS) return `${Math.floor(milliseconds / HOUR_MS)} h`
  return `${Math.floor(milliseconds / DAY_MS)} d`
}

/**
 * As in `30m`, `12h`, `7d` or `2w`.
 * @returns milliseconds
 * @throws {UsageError}
 */
export function parseAge(flag: string, text: string): number {
  const [, number, unit = ''] = /^(\d{1,5})\s*([mhdw])$/.exec(text) ?? []
  const factor = UNITS[unit]
  if (number !== undefined && factor !== undefined) return Number(number) * factor
  throw new UsageError(`Expected ${flag} such as 30m, 12h, 7d or 2w, got ${JSON.stringify(text)}.`)
}
