import { ProblemError } from '../protocol/problems.ts'

/** Where a list goes on: opaque to clients, and good for nothing but what the caller may list anyway. */
export function encodeCursor(position: string[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url')
}

/**
 * @param length how many strings the position has
 * @throws {ProblemError} `invalid-request` for anything that {@link encodeCursor} did not make
 */
export function decodeCursor(cursor: string | undefined, length: number): string[] {
  if (cursor === undefined) return []
  try {
    const position: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (Array.isArray(position) && position.length === length && position.every(isText)) return position
  } catch {}
  throw new ProblemError(
    'invalid-request',
    'Expected a cursor that a list returned as next; got something else.',
  )
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
