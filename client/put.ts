import type { CrcAlgorithm } from '../checksums/crc.ts'
import { follow } from './abort.ts'
import { sleep } from './clock.ts'
import { NetworkError, type PartwayError, StoreError } from './errors.ts'
import type { Clock, PartTransport, PutResponse } from './ports.ts'
import { backoff, isTransientStatus, type RetryPolicy } from './retry.ts'

/** A part that moves no bytes for this long is cut and sent again. */
export const STALL_MS = 30_000
/** Once the whole body is handed over, some of it may still be in the machine's own buffers. */
export const ANSWER_MS = 60_000
/** A URL that was signed a moment ago and is refused as well is not refused for its age. */
const MAX_REFUSALS = 3
/** S3 answers these with 400, and all of them mean that the bytes did not arrive as they were sent. */
const TRANSIENT_CODES = ['RequestTimeout', 'IncompleteBody', 'BadDigest', 'XAmzContentChecksumMismatch']
const DEAD_TOKEN_CODES = ['ExpiredToken', 'InvalidToken', 'TokenRefreshRequired']

/** One body on its way to the store, until that has acknowledged it. */
export interface Put<Slice, Signed extends SignedPut> {
  readonly body: Slice
  /** In bytes. */
  readonly size: number
  readonly crc: CrcAlgorithm | undefined
  /** The URL for the next try. */
  sign(signal: AbortSignal): Promise<Signed>
  /** The store refused that URL. Absent where it cannot be signed again: the refusal is then thrown. */
  readonly refuse?: (signed: Signed) => void
  /** Looks after every failure whether the source is still what it was: if not, no further try is made. */
  verify(): Promise<void>
  /** Bytes of the current try; back to 0 with the next. */
  onProgress(bytes: number): void
  onRetry(delay: number, error: PartwayError): void
  /** Grows whenever the store acknowledges anything: as long as it does, no try counts as the last. */
  acknowledged(): number
}

interface SignedPut {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

export interface PutPorts<Slice> {
  readonly transport: PartTransport<Slice>
  readonly clock: Clock
  readonly random: () => number
  readonly retries: RetryPolicy
}

/**
 * Sends until the store answers 2xx: 5xx, 429 and lost connections are repeated with capped full jitter, a refused URL is
 * signed again, a stalled connection is cut.
 * @throws {StoreError} what the store says no to, for good
 * @throws {NetworkError} once the retries are used up
 */
export async function putUntilStored<Slice, Signed extends SignedPut>(
  put: Put<Slice, Signed>,
  ports: PutPorts<Slice>,
  signal: AbortSignal,
): Promise<PutResponse> {
  let failures = 0
  let refusals = 0
  let acknowledged = put.acknowledged()
  for (;;) {
    const signed = await put.sign(signal)
    const outcome = await putOnce(put, signed, ports, signal)
    if (!('error' in outcome)) return outcome

    const { error, retryAfter } = outcome
    put.onProgress(0)
    await put.verify()
    if (put.acknowledged() > acknowledged) {
      acknowledged = put.acknowledged()
      failures = 0
      refusals = 0
    }
    if (isRefusal(error)) {
      if (!put.refuse || ++refusals > MAX_REFUSALS) throw error
      put.refuse(signed)
      if (refusals === 1) {
        put.onRetry(0, error)
        continue
      }
    } else if (!isTransient(error)) throw error
    if (++failures > ports.retries.retries) throw error
    const delay = backoff(failures, ports.retries, ports.random(), retryAfter)
    put.onRetry(delay, error)
    await sleep(ports.clock, delay, signal)
  }
}

/** 403, or 400 for a session token that died: the same request with a new signature may be let in. */
export function isRefusal(error: unknown): boolean {
  if (!(error instanceof StoreError)) return false
  return error.status === 403 || (error.status === 400 && DEAD_TOKEN_CODES.includes(error.code ?? ''))
}

/** S3's answer as an error. Its message may be shown: it holds no URL. */
export function storeError({ status, body }: { status: number; body: string }, what: string): StoreError {
  const code = /<Code>([^<]+)<\/Code>/.exec(body)?.[1]
  const message = /<Message>([^<]+)<\/Message>/.exec(body)?.[1]
  const said = [code, message].filter(Boolean).join(': ') || 'no reason given'
  return new StoreError(`Expected the store to take ${what}, got ${status} (${said}).`, status, code)
}

async function putOnce<Slice, Signed extends SignedPut>(
  put: Put<Slice, Signed>,
  { url, headers }: Signed,
  { transport, clock }: PutPorts<Slice>,
  signal: AbortSignal,
): Promise<PutResponse | { error: PartwayError; retryAfter?: number | undefined }> {
  const attempt = follow(signal)
  const watch = (milliseconds: number) =>
    clock.after(milliseconds, () =>
      attempt.abort(new NetworkError(`No bytes moved for ${milliseconds / 1000} s.`)),
    )
  let unwatch = watch(STALL_MS)
  try {
    const response = await transport.put({
      url,
      headers,
      body: put.body,
      crc: put.crc,
      signal: attempt.signal,
      onProgress(bytes) {
        unwatch()
        unwatch = watch(bytes < put.size ? STALL_MS : ANSWER_MS)
        put.onProgress(bytes)
      },
    })
    if (response.status >= 200 && response.status < 300) return response
    return { error: storeError(response, `${put.size} bytes`), retryAfter: response.retryAfter }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof NetworkError) return { error }
    throw error
  } finally {
    unwatch()
    attempt.release()
  }
}

function isTransient(error: PartwayError): boolean {
  if (!(error instanceof StoreError)) return error instanceof NetworkError
  return isTransientStatus(error.status) || TRANSIENT_CODES.includes(error.code ?? '')
}
