import type { ProblemType } from '../../../protocol/problem-types.ts'
import { ProblemError, problems } from '../../../protocol/problems.ts'
import { ApiError, NetworkError, PartwayError, StoreError } from '../../errors.ts'
import { isTransient } from '../../store-call.ts'

/** There is an object at the key, which is not to be replaced. */
export class KeyTakenError extends PartwayError {
  override readonly name = 'KeyTakenError'
  readonly key: string

  constructor(key: string, options?: ErrorOptions) {
    super(
      `Expected no object at ${key}, found one. Choose another key, or say that it may be replaced.`,
      false,
      options,
    )
    this.key = key
  }
}

/**
 * What the store refuses, as the API would say it: the engine cannot tell the difference.
 * @throws {ApiError}
 * @throws {PartwayError} whatever is none of the store's, as it is
 */
export async function asApi<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ProblemError) throw apiError(error)
    if (error instanceof StoreError) throw refusal(error)
    if (error instanceof SyntaxError) {
      throw new NetworkError(`Expected an answer of S3’s, got something else (${error.message}).`, {
        cause: error,
      })
    }
    throw error
  }
}

function refusal(error: StoreError): ApiError {
  const { code, message } = error
  const told = (type: ProblemType, detail: string) =>
    apiError(new ProblemError(type, detail, {}, { cause: error }))
  if (code === 'BadDigest') {
    return told('checksum-mismatch', `The checksum of the stored parts is not the one given. ${message}`)
  }
  if (isTransient(error)) return told('store-busy', message)
  // The parts changed between being listed and being named: the next complete lists them anew.
  if (code === 'InvalidPart') return told('store-busy', message)
  const advice = ADVICE[code ?? ''] ?? 'Look at the bucket, its region and what these credentials may do.'
  return Object.assign(new ApiError(`${message} ${advice}`, error.status), { cause: error })
}

const ADVICE: Readonly<Record<string, string>> = {
  AccessDenied: 'The credentials are live, but may not do that: have it allowed, or use others.',
  InvalidAccessKeyId: 'Look at the access key id.',
  SignatureDoesNotMatch: 'Look at the secret access key.',
  NoSuchBucket: 'Look at the bucket’s name and at the endpoint.',
  PermanentRedirect: 'Name the bucket’s own region.',
  AuthorizationHeaderMalformed: 'Name the bucket’s own region.',
}

function apiError(problem: ProblemError): ApiError {
  const { type, title, status, detail, ...members } = problem.toBody('')
  const body = { type, title, status, detail, ...members, requestId: undefined }
  return Object.assign(new ApiError(problem.message, problems[problem.type].status, body), {
    cause: problem.cause,
  })
}
