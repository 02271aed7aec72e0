import { GIB, KIB, MIB } from '../protocol/limits.ts'

const TIB = 1024 * GIB

/** Three digits and a binary unit, as file managers write sizes. */
export function formatBytes(bytes: number): string {
  if (bytes < KIB) return `${bytes} B`
  const [unit, size] =
    bytes < MIB ? ['KiB', KIB] : bytes < GIB ? ['MiB', MIB] : bytes < TIB ? ['GiB', GIB] : ['TiB', TIB]
  const value = bytes / size
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${unit}`
}

/** @param seconds @returns such as `42 s`, `3 min 20 s`, `2 h 5 min` */
export function formatDuration(seconds: number): string {
  if (seconds < 1) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return `${minutes} min ${whole % 60} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** @param bytesPerSecond `undefined` while there is nothing to measure */
export function formatRate(bytesPerSecond: number | undefined): string {
  return bytesPerSecond === undefined ? '–' : `${formatBytes(Math.round(bytesPerSecond))}/s`
}

/** @param elapsed milliseconds @returns such as `in 42 s (3.10 MiB/s)`; a rate of nothing is left out */
export function formatPace(bytes: number, elapsed: number): string {
  const rate = bytes > 0 && elapsed > 0 ? ` (${formatRate((bytes / elapsed) * 1000)})` : ''
  return `in ${formatDuration(elapsed / 1000)}${rate}`
}

/** Never 100 before all is done. */
export function percent(bytes: number, size: number): number {
  return size === 0 ? 100 : Math.floor((bytes / size) * 100)
}

/** An argument as a POSIX shell reads it back. */
export function shellQuote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`
}

/** Of a name or a message that anybody may have chosen: what would steer the terminal is shown as it is written in JSON. */
export function printable(text: string): string {
  return text.replace(STEERING, (character) =>
    JSON.stringify(character).slice(1, -1).replace(character, hexOf),
  )
}

/** Controls, and what turns the direction of text around. */
const STEERING = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu

/** JSON leaves some of them as they are. */
function hexOf(character: string): string {
  return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
}
