import { sleep } from './clock.ts'
import { ApiError, IntegrityError, NetworkError, PartwayError, StoreError } from './errors.ts'
import type { Wakes } from './ports.ts'
import type { Recovery } from './recovery.ts'
import { type Contact, isTransientStatus } from './retry.ts'
import type { Timekeeping } from './timing.ts'
import { Trouble } from './trouble.ts'
import { combineWakes } from './wakes.ts'

/** A URL that was signed a moment ago and is refused as well is not refused for its age. */
const MAX_REFUSALS = 3
/** S3 answers these with 400, and all of them mean that the bytes did not arrive as they were sent. */
const TRANSIENT_CODES = ['RequestTimeout', 'IncompleteBody']
/** These, that other bytes arrived. What mangles them time and again is no accident, and no reason for patience. */
const MANGLED_CODES = ['BadDigest', 'XAmzContentChecksumMismatch']
const MAX_MANGLED = 5
const DEAD_TOKEN_CODES = ['ExpiredToken', 'InvalidToken', 'TokenRefreshRequired']

/** One request, repeated until it succeeds. */
export interface StoreCall<Result> {
  /** @param began called when the request itself begins, where something else has to be done first */
  attempt(signal: AbortSignal, began: () => void): Promise<Result>
  /** The store refused the URL: the next try has to have another. Absent where that cannot be; the refusal is then thrown. */
  refused?(): void
  /** Looks after every failure whether another try makes sense. @throws where it does not */
  verify?(): Promise<unknown>
  onRetry(delay: number, error: PartwayError): void
  /** Grows as the transfer advances: as long as it does, patience is without end. */
  advanced(): number
}

export interface StoreCallPorts extends Timekeeping {
  readonly contact: Contact
  readonly recovery: Recovery
}

/**
 * 5xx, 429 and lost connections are repeated with capped full jitter, for as long as patience lasts; a refused URL is signed again,
 * the first time at once. What waits for the network goes on as soon as another request has got through.
 * @throws {StoreError} what the store says no to, for good
 * @throws {ApiError} what the API says no to, for good
 * @throws {NetworkError} once patience is at its end
 */
export async function callStore<Result>(
  call: StoreCall<Result>,
  ports: StoreCallPorts,
  signal: AbortSignal,
): Promise<Result> {
  const { clock, contact, recovery } = ports
  const trouble = new Trouble(ports, contact)
  let refusals = 0
  let mangled = 0
  let advanced = call.advanced()
  for (;;) {
    try {
      trouble.begin()
      const result = await call.attempt(signal, () => trouble.begin())
      contact.made = true
      recovery.proven()
      return result
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof PartwayError)) throw error
      if (error instanceof StoreError) contact.made = true
      await call.verify?.()
      if (call.advanced() > advanced) {
        advanced = call.advanced()
        trouble.end()
        refusals = 0
      }
      if (isRefusal(error) && call.refused && refusals < MAX_REFUSALS) {
        refusals++
        call.refused()
      } else if (isMangled(error) && mangled < MAX_MANGLED) mangled++
      else if (!isTransient(error)) throw error
      const patient = trouble.delay((error as Partial<StoreError>).retryAfter)
      if (patient === undefined) throw error
      const atOnce = isRefusal(error) && refusals === 1
      const delay = atOnce ? 0 : patient
      call.onRetry(delay, error)
      if (!atOnce) await sleep(clock, delay, signal, wakesAfter(error, ports))
    }
  }
}

/** A store that asks for less does not do so less for what it says to others. Before contact is made, tries are few, and are not spent early. */
export function wakesAfter(error: PartwayError, { wakes, contact, recovery }: StoreCallPorts): Wakes {
  if (!(error instanceof NetworkError)) return wakes
  const proof: Wakes = {
    online: true,
    subscribe: (listener) => recovery.subscribe(() => contact.made && listener()),
  }
  return combineWakes(wakes, proof)
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

/** Whether the same request may succeed later. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ApiError) return isTransientStatus(error.status) && error.status !== 409
  if (!(error instanceof StoreError)) return error instanceof NetworkError
  return isTransientStatus(error.status) || TRANSIENT_CODES.includes(error.code ?? '')
}

function isMangled(error: unknown): boolean {
  if (error instanceof IntegrityError) return true
  return error instanceof StoreError && MANGLED_CODES.includes(error.code ?? '')
}
