import { ProblemError } from '../../../protocol/problems.ts'
import type { S3Upload } from './multipart-upload.ts'

/** Where a list goes on: opaque to whoever asks. */
export function encodeCursor({ key, uploadId }: S3Upload): string {
  return Buffer.from(JSON.stringify([key, uploadId])).toString('base64url')
}

/** @throws {ProblemError} `invalid-request` */
export function decodeCursor(cursor: string): S3Upload {
  try {
    const position: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    const [key, uploadId]: unknown[] = Array.isArray(position) ? position : []
    if (typeof key === 'string' && typeof uploadId === 'string') return { key, uploadId }
  } catch {}
  throw new ProblemError(
    'invalid-request',
    'Expected a cursor that a list returned as next; got something else.',
  )
}
