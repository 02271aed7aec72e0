import { type ProblemType, problemType } from '../protocol/problem-types.ts'
import type { ProblemBody } from '../protocol/schemas.ts'

/** What went wrong, by kind. No message holds a URL of the store: it carries a signature. */
export abstract class PartwayError extends Error {
  /** Whether the same call made again goes on from where this one stopped. */
  readonly resumable: boolean

  constructor(message: string, resumable: boolean, options?: ErrorOptions) {
    super(message, options)
    this.resumable = resumable
  }
}

/** Signing in again, or waiting, or sending what is missing, may change the answer. */
const RESUMABLE_STATUSES = [401, 403, 408, 409, 429]

/** The API said no. */
export class ApiError extends PartwayError {
  override readonly name = 'ApiError'
  readonly status: number
  /** Absent for answers that the gateway made, and for problems that this version does not know. */
  readonly type: ProblemType | undefined
  readonly requestId: string | undefined
  /** The problem with all its members, such as `missing` of parts-missing. */
  readonly body: ProblemBody | undefined

  constructor(message: string, status: number, body?: ProblemBody) {
    const type = body && problemType(body)
    super(message, (RESUMABLE_STATUSES.includes(status) && type !== 'key-not-yours') || status >= 500)
    this.status = status
    this.type = type
    this.requestId = body?.requestId
    this.body = body
  }
}

/** Something answers at that URL, but it is no Partway API. */
export class NotPartwayError extends PartwayError {
  override readonly name = 'NotPartwayError'

  constructor(message: string, options?: ErrorOptions) {
    super(message, false, options)
  }
}

/** S3 said no. */
export class StoreError extends PartwayError {
  override readonly name = 'StoreError'
  readonly status: number
  /** S3's own, such as `SlowDown`; absent where the answer had none. */
  readonly code: string | undefined
  /** Seconds that it asked to be left alone for. */
  readonly retryAfter: number | undefined

  constructor(message: string, answer: { status: number; code?: string; retryAfter?: number | undefined }) {
    super(message, answer.status !== 404)
    this.status = answer.status
    this.code = answer.code
    this.retryAfter = answer.retryAfter
  }
}

/** No answer came: refused, cut off, timed out. */
export class NetworkError extends PartwayError {
  override readonly name = 'NetworkError'
  /** Whose answer was expected, where that is known; without the query, which is a signature. */
  readonly address: string | undefined

  constructor(message: string, options?: ErrorOptions & { address?: string }) {
    super(message, true, options)
    this.address = options?.address?.split('?')[0]
  }
}

/** A connection moved no bytes, and was cut. */
export class StalledError extends NetworkError {}

/** The file is not what it was when the upload began. Such an upload is never completed. */
export class SourceChangedError extends PartwayError {
  override readonly name = 'SourceChangedError'

  constructor(message: string, options?: ErrorOptions) {
    super(message, false, options)
  }
}

/** The file could not be read, though it is what it was: the disk, or the drive that it is on, failed. */
export class SourceReadError extends PartwayError {
  override readonly name = 'SourceReadError'

  constructor(message: string, options?: ErrorOptions) {
    super(message, true, options)
  }
}

/** Another upload of the same file is under way, here or elsewhere on this machine. */
export class BusyError extends PartwayError {
  override readonly name = 'BusyError'

  constructor(message: string, options?: ErrorOptions) {
    super(message, true, options)
  }
}

/** The object is not what it was when the download began. */
export class ObjectChangedError extends PartwayError {
  override readonly name = 'ObjectChangedError'

  constructor(message: string, options?: ErrorOptions) {
    super(message, false, options)
  }
}

/** The object has none of the bytes that were asked for. */
export class RangeNotSatisfiableError extends PartwayError {
  override readonly name = 'RangeNotSatisfiableError'

  constructor(message: string, options?: ErrorOptions) {
    super(message, false, options)
  }
}

/** What arrived is not what was read. */
export class IntegrityError extends PartwayError {
  override readonly name = 'IntegrityError'

  constructor(message: string, options?: ErrorOptions) {
    super(message, false, options)
  }
}

/** The store does not know the upload, and it is not complete: aborted, or swept by the lifecycle rule. */
export class UploadGoneError extends PartwayError {
  override readonly name = 'UploadGoneError'

  constructor(message: string, options?: ErrorOptions) {
    super(message, false, options)
  }
}

/** Stopped from outside: by a signal (the parts are kept), or for good by `abort()`. */
export class AbortedError extends PartwayError {
  override readonly name = 'AbortedError'

  constructor(message: string, resumable: boolean, options?: ErrorOptions) {
    super(message, resumable, options)
  }
}

/** Whatever is thrown, as an error of ours. @param fileName of the file that was read meanwhile */
export function asPartwayError(error: unknown, fileName: string): PartwayError {
  if (error instanceof PartwayError) return error
  const { code } = Object(error) as { code?: unknown }
  if (typeof code === 'string') {
    return new SourceReadError(
      `Expected to read ${fileName}, got ${code}. Check the disk that it is on, then upload again: that goes on from here.`,
      { cause: error },
    )
  }
  return new UnexpectedError(error instanceof Error ? error.message : String(error), false, { cause: error })
}

class UnexpectedError extends PartwayError {
  override readonly name = 'UnexpectedError'
}
