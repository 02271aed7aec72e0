/**
 * Numbers as people read them. Pure; sizes in bytes, times in seconds. Units are decimal (1 GB = 10⁹ bytes), as the
 * file managers of macOS and Linux show them.
 */

const BYTE_UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const
const NO_BREAK_SPACE = '\u00a0'
const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Three significant digits: `0 bytes`, `1 byte`, `12.3 MB`, `1.21 GB`. */
export function formatBytes(bytes: number): string {
  if (bytes === 1) return '1 byte'
  let value = bytes
  let unit = 0
  // 999.5 would be rounded up to 1000 of the smaller unit.
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000
    unit++
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
  return `${value.toFixed(digits)} ${BYTE_UNITS[unit]}`
}

/** `24.1 MB/s`; below one byte a second `0 bytes/s`. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(Math.floor(bytesPerSecond))}/s`
}

/** Only as exact as it can be true: `8 s`, `1 min 20 s`, `14 min`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(seconds: number): string {
  const whole = Math.ceil(seconds)
  if (whole < MINUTE) return `${whole} s`
  if (whole < 10 * MINUTE) return inTwoUnits(roundTo(whole, 5), MINUTE, 'min', 1, 's')
  if (whole < HOUR - MINUTE / 2) return `${Math.round(whole / MINUTE)} min`
  if (roundTo(whole, MINUTE) < DAY) return inTwoUnits(roundTo(whole, MINUTE), HOUR, 'h', MINUTE, 'min')
  return inTwoUnits(roundTo(whole, HOUR), DAY, 'd', HOUR, 'h')
}

/** Rounded down, so that 100 % is said only of what is whole. An empty file is whole once it is done, and only then. */
export function percentOf(bytes: number, size: number, done: boolean): number {
  if (done) return 100
  return size === 0 ? 0 : Math.min(99, Math.floor((bytes / size) * 100))
}

/** A whole number: `10,000`. What browsers bring for it costs a hundred times as much. */
export function inDigits(number: number): string {
  return `${number}`.replace(/\B(?=(...)+$)/g, ',')
}

/** `1 file`, `3 files`. */
export function count(number: number, noun: string): string {
  return `${inDigits(number)} ${noun}${number === 1 ? '' : 's'}`
}

/** Facts on one line, which breaks only between them, after a dot. */
export function joined(facts: readonly string[]): string {
  return facts.map((fact) => fact.replaceAll(' ', NO_BREAK_SPACE)).join(`${NO_BREAK_SPACE}· `)
}

function inTwoUnits(
  seconds: number,
  major: number,
  majorName: string,
  minor: number,
  minorName: string,
): string {
  const rest = Math.floor((seconds % major) / minor)
  const whole = `${Math.floor(seconds / major)} ${majorName}`
  return rest === 0 ? whole : `${whole} ${rest} ${minorName}`
}

function roundTo(seconds: number, step: number): number {
  return Math.round(seconds / step) * step
}
