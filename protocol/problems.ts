import type { ProblemType } from './problem-types.ts'
import type { ProblemBody } from './schemas.ts'

/**
 * Everything that a request can meet, as RFC 9457 problems. `type` is stable: clients go by it.
 */
export const problems = {
  'invalid-request': { status: 400, title: 'The request is not valid' },
  'too-many-parts': { status: 400, title: 'Too many parts' },
  'key-not-yours': { status: 403, title: 'The key is not yours' },
  'upload-unknown': { status: 404, title: 'No such upload' },
  'object-unknown': { status: 404, title: 'No such object' },
  'parts-missing': { status: 409, title: 'Parts are missing' },
  'too-large': { status: 413, title: 'Too large' },
  'type-not-allowed': { status: 415, title: 'Content type not allowed' },
  'checksum-mismatch': { status: 422, title: 'The checksum does not match' },
  'internal-error': { status: 500, title: 'Something went wrong here' },
  'store-error': { status: 502, title: 'The store did not answer as expected' },
  'store-busy': { status: 503, title: 'The store is busy' },
} as const satisfies Record<ProblemType, object>

const TYPE_PREFIX = 'urn:partway:problem:'

/** A problem as an exception: thrown where it is found, turned into an answer in one place. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly type: ProblemType
  readonly status: number
  /** Further members of the body, such as `missing` of parts-missing. */
  readonly members: Readonly<Record<string, unknown>>

  constructor(
    type: ProblemType,
    detail: string,
    members: Record<string, unknown> = {},
    options?: ErrorOptions,
  ) {
    super(detail, options)
    this.type = type
    this.status = problems[type].status
    this.members = members
  }

  toBody(requestId: string): ProblemBody {
    const { title, status } = problems[this.type]
    return { type: TYPE_PREFIX + this.type, title, status, detail: this.message, requestId, ...this.members }
  }
}
