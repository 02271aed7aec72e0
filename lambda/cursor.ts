import { MAX_KEY_BYTES } from '../protocol/limits.ts'
import { ProblemError } from '../protocol/problems.ts'

/** Where a list goes on: opaque to clients, and good for nothing but what the caller may list anyway. */
export function encodeCursor(position: string[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url')
}

/**
 * @param length how many strings the position has, of which the first is a key
 * @param prefix of the caller's keys
 * @throws {ProblemError} `invalid-request` for anything that {@link encodeCursor} did not make for this caller
 */
export function decodeCursor(cursor: string | undefined, length: number, prefix: string): string[] {
  if (cursor === undefined) return []
  try {
    const position: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (
      Array.isArray(position) &&
      position.length === length &&
      position.every(isMarker) &&
      position[0]?.startsWith(prefix)
    ) {
      return position
    }
  } catch {}
  throw new ProblemError(
    'invalid-request',
    'Expected a cursor that a list returned as next; got something else.',
  )
}

/** What S3 takes as a marker: text that has a UTF-8, no control characters, and the length of a key. */
function isMarker(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value !== '' &&
    value.isWellFormed() &&
    !/\p{Cc}/u.test(value) &&
    Buffer.byteLength(value) <= MAX_KEY_BYTES
  )
}
