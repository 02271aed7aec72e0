import { ApiError, CredentialsError, NotPartwayError, StoreError } from '../client/node/index.ts'

/** Of the whole bucket, or of whoever asks. */
const OF_ALL_FILES = [
  'NoSuchBucket',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'AuthorizationHeaderMalformed',
  'PermanentRedirect',
]
/** One may be forbidden where others are not. */
const SO_MANY_ALIKE = 16

/** Tells whether the other files of a run would fare no better, from the failures before any of them is done. */
export class Hope {
  readonly #refusals = new Map<string, number>()

  /** @returns whether it is lost */
  lose(error: unknown): boolean {
    if (error instanceof NotPartwayError || error instanceof CredentialsError) return true
    const refusal = refusalOf(error)
    if (refusal === undefined) return false
    const times = (this.#refusals.get(refusal) ?? 0) + 1
    this.#refusals.set(refusal, times)
    return OF_ALL_FILES.includes(refusal) || times === SO_MANY_ALIKE
  }
}

/** S3's code, or the status of an API that does not say what it minds. */
function refusalOf(error: unknown): string | undefined {
  const { cause } = Object(error) as { cause?: unknown }
  const answer = cause instanceof StoreError ? cause : error
  if (answer instanceof StoreError) return answer.status < 500 ? answer.code : undefined
  if (!(answer instanceof ApiError) || answer.type !== undefined || answer.status >= 500) return undefined
  return String(answer.status)
}
