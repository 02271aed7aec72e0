import { S3Error } from './errors.ts'
import type { ObjectRecord } from './store/records.ts'

/** The bytes from `start` up to, but not including, `end`. */
export interface ByteRange {
  start: number
  end: number
}

/**
 * Reads `bytes=first-last`, `bytes=first-` and `bytes=-suffix`.
 *
 * @returns `undefined` for anything else: S3 ignores it, several ranges included, and sends the whole object.
 * @throws S3Error `InvalidRange` where the object has none of these bytes.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '')
  const [, first = '', last = ''] = match ?? []
  if (header === undefined || (first === '' && last === '')) return undefined
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1)
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined
  if (start < size && start < end) return { start, end }
  throw new S3Error('InvalidRange', undefined, { RangeRequested: header, ActualObjectSize: size })
}

/**
 * The bytes of one part; an object that came in one piece is its own part 1.
 *
 * @throws S3Error `InvalidPartNumber` where the object has no such part.
 */
export function partRange({ size, parts }: ObjectRecord, position: number): ByteRange {
  const sizes = parts?.map((part) => part.size) ?? [size]
  const length = sizes[position - 1]
  if (length === undefined) {
    const details = { PartNumberRequested: position, ActualPartCount: sizes.length }
    throw new S3Error('InvalidPartNumber', undefined, details)
  }
  const start = sizes.slice(0, position - 1).reduce((sum, part) => sum + part, 0)
  return { start, end: start + length }
}
