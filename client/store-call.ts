import { sleep } from './clock.ts'
import { NetworkError, PartwayError, StoreError } from './errors.ts'
import type { Clock } from './ports.ts'
import { backoff, isTransientStatus, type RetryPolicy } from './retry.ts'

/** A URL that was signed a moment ago and is refused as well is not refused for its age. */
const MAX_REFUSALS = 3
/** S3 answers these with 400, and all of them mean that the bytes did not arrive as they were sent. */
const TRANSIENT_CODES = ['RequestTimeout', 'IncompleteBody', 'BadDigest', 'XAmzContentChecksumMismatch']
const DEAD_TOKEN_CODES = ['ExpiredToken', 'InvalidToken', 'TokenRefreshRequired']

/** One request to the store, repeated until it succeeds. */
export interface StoreCall<Result> {
  attempt(signal: AbortSignal): Promise<Result>
  /** The store refused the URL: the next try has to have another. Absent where that cannot be; the refusal is then thrown. */
  refused?(): void
  /** Looks after every failure whether another try makes sense. @throws where it does not */
  verify?(): Promise<void>
  onRetry(delay: number, error: PartwayError): void
  /** Grows as the transfer advances: as long as it does, no try counts as the last. */
  advanced(): number
}

export interface StoreCallPorts {
  readonly clock: Clock
  readonly random: () => number
  readonly retries: RetryPolicy
}

/**
 * 5xx, 429 and lost connections are repeated with capped full jitter; a refused URL is signed again, the first time at once.
 * @throws {StoreError} what the store says no to, for good
 * @throws {NetworkError} once the retries are used up
 */
export async function callStore<Result>(
  call: StoreCall<Result>,
  { clock, random, retries }: StoreCallPorts,
  signal: AbortSignal,
): Promise<Result> {
  let failures = 0
  let refusals = 0
  let advanced = call.advanced()
  for (;;) {
    try {
      return await call.attempt(signal)
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof PartwayError)) throw error
      await call.verify?.()
      if (call.advanced() > advanced) {
        advanced = call.advanced()
        failures = 0
        refusals = 0
      }
      if (isRefusal(error) && call.refused && refusals < MAX_REFUSALS) {
        refusals++
        call.refused()
      } else if (!isTransient(error)) throw error
      if (++failures > retries.retries) throw error
      const atOnce = isRefusal(error) && refusals === 1
      const { retryAfter } = error as Partial<StoreError>
      const delay = atOnce ? 0 : backoff(failures, retries, random(), retryAfter)
      call.onRetry(delay, error)
      if (!atOnce) await sleep(clock, delay, signal)
    }
  }
}

/** 403, or 400 for a session token that died: the same request with a new signature may be let in. */
export function isRefusal(error: unknown): boolean {
  if (!(error instanceof StoreError)) return false
  return error.status === 403 || (error.status === 400 && DEAD_TOKEN_CODES.includes(error.code ?? ''))
}

/**
 * S3's answer as an error. Its message may be shown: it holds no URL.
 * @param expected completes "Expected the store to …"
 */
export function storeError(
  { status, body, retryAfter }: { status: number; body: string; retryAfter?: number | undefined },
  expected: string,
): StoreError {
  const code = /<Code>([^<]+)<\/Code>/.exec(body)?.[1]
  const message = /<Message>([^<]+)<\/Message>/.exec(body)?.[1]
  const said = [code, message].filter(Boolean).join(': ') || 'no reason given'
  return new StoreError(`Expected the store to ${expected}, got ${status} (${said}).`, {
    status,
    retryAfter,
    ...(code && { code }),
  })
}

function isTransient(error: PartwayError): boolean {
  if (!(error instanceof StoreError)) return error instanceof NetworkError
  return isTransientStatus(error.status) || TRANSIENT_CODES.includes(error.code ?? '')
}
