import { RangeNotSatisfiableError } from './errors.ts'

/** Bytes of an object in a row. Offsets in bytes; a negative `start` counts from the object's end. */
export interface ByteRange {
  readonly start: number
  /** After the last byte; beyond the object's end, it is that. @default the object's end */
  readonly end?: number | undefined
}

/** @throws {RangeError} where no object could have such a range */
export function checkRange({ start, end = Number.MAX_SAFE_INTEGER }: ByteRange): void {
  const sound = Number.isSafeInteger(start) && Number.isSafeInteger(end) && end > 0 && end > start
  if (sound && (start >= 0 || end === Number.MAX_SAFE_INTEGER)) return
  throw new RangeError(
    `Expected a range from one byte to before a later one, or one that starts before the end and has none of its own, got ${start} to ${end}.`,
  )
}

/**
 * The bytes of an object of that size.
 * @returns `undefined` for all of them
 * @throws {RangeNotSatisfiableError} where it has none of these
 */
export function resolveRange(
  range: ByteRange | undefined,
  size: number,
): { readonly start: number; readonly end: number } | undefined {
  if (!range) return undefined
  const start = range.start < 0 ? Math.max(0, size + range.start) : range.start
  const end = Math.min(range.end ?? size, size)
  if (start === 0 && end === size) return undefined
  if (start < end) return { start, end }
  throw new RangeNotSatisfiableError(
    `Expected a range that starts before the object's end, got one from byte ${start} of ${size}. Ask for another.`,
  )
}
