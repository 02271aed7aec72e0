import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { signRequest } from '../../../signing/request.ts'
import { type S3AddressOptions, s3Address } from '../../../signing/s3-address.ts'
import { canonicalQuery, sha256Hex } from '../../../signing/sigv4.ts'
import { sleep } from '../../clock.ts'
import { NetworkError } from '../../errors.ts'
import { API_RETRIES, backoff } from '../../retry.ts'
import { isTransient, storeError } from '../../store-call.ts'
import type { Timekeeping } from '../../timing.ts'
import { watch } from '../../watchdog.ts'
import { answerTo, type Connections, networkError, retryAfter } from '../http.ts'
import type { AwsCredentials } from './credentials.ts'
import type { Session } from './session.ts'
import type { StoreTime } from './store-time.ts'

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  /** Of an object; absent for the bucket itself. */
  readonly key?: string | undefined
  readonly query?: readonly (readonly [name: string, value: string])[]
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Tries after the first. @default API_RETRIES */
  readonly retries?: number
  /** Completes "Expected the store to …". */
  readonly to: string
}

export interface S3Answer {
  /** 2xx. */
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/**
 * One operation of S3's, signed in its headers by whatever credentials are live.
 * @throws {StoreError} what the store says no to
 * @throws {NetworkError} where no answer came, however often
 * @throws {CredentialsError}
 */
export type S3Call = (request: S3Request, signal: AbortSignal) => Promise<S3Answer>

export interface CallPorts {
  readonly place: S3AddressOptions
  readonly session: Session
  readonly time: StoreTime
  readonly connections: Connections
  readonly keeping: Timekeeping
}

/** Others are needed. */
const DEAD = [
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidToken',
  'TokenRefreshRequired',
  'RequestExpired',
]
/** So too where some were taken before: a key is withdrawn, or half of a file is written. Otherwise they are mistyped. */
const DOUBTFUL = ['InvalidAccessKeyId', 'SignatureDoesNotMatch']
/** A store whose time of day is another in each answer is beyond help. */
const MAX_SKEWS = 3
/** A page of 1,000 parts is 300 KB. */
const LONGEST_BODY_BYTES = 16 * 1024 * 1024

export function createCall({ place, session, time, connections, keeping }: CallPorts): S3Call {
  const address = s3Address(place)

  function once(request: S3Request, credentials: AwsCredentials, signal: AbortSignal): Promise<S3Answer> {
    const { method, key = '', query = [], headers = {}, body = '' } = request
    const search = canonicalQuery(query)
    const url = address.urlOf(address.pathOf(key)) + (search && `?${search}`)
    const signed = signRequest({
      method,
      url,
      headers,
      payloadHash: sha256Hex(body),
      credentials,
      region: place.region,
      now: time.now(),
    })
    return watch(
      (signal, moved) => exchange({ url, method, body, headers: signed }, moved, signal),
      keeping,
      signal,
    )
  }

  async function exchange(
    {
      url,
      method,
      body,
      headers,
    }: { url: string; method: string; body: string; headers: Record<string, string> },
    moved: (milliseconds: number) => void,
    signal: AbortSignal,
  ): Promise<S3Answer> {
    signal.throwIfAborted()
    const length = body || method === 'POST' ? { 'content-length': String(Buffer.byteLength(body)) } : {}
    const request = connections.request(url, { method, headers: { ...headers, ...length } })
    const onAbort = () => request.destroy()
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      request.end(body)
      moved(keeping.timing.answerMs)
      const answer = await answerTo(request, signal).catch((error: unknown) => {
        throw named(error, address.host)
      })
      const text = await readAll(answer, () => moved(keeping.timing.stallMs), signal)
      return { status: answer.statusCode ?? 0, headers: answer.headers, body: text }
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** Signs again for as long as other credentials, or another time of day, may change the answer. */
  async function authorized(request: S3Request, signal: AbortSignal): Promise<S3Answer> {
    for (let skews = 0; ; ) {
      const credentials = await session.get(signal)
      const answer = await once(request, credentials, signal)
      const learned = time.learn(answer.headers.date)
      if (answer.status >= 200 && answer.status < 300) {
        session.accept()
        return answer
      }
      const error = storeError(await explain(request, answer, credentials, signal), request.to)
      const { code = '' } = error
      if (learned && error.status < 500 && skews++ < MAX_SKEWS) continue
      if (!DEAD.includes(code) && !(DOUBTFUL.includes(code) && session.accepted)) throw error
      session.refuse(credentials)
    }
  }

  /** The answer to a HEAD has no body that could say why it is refused; the same GET, of one byte, has. */
  async function explain(
    request: S3Request,
    answer: S3Answer,
    credentials: AwsCredentials,
    signal: AbortSignal,
  ): Promise<S3Answer & { retryAfter: number | undefined }> {
    const { status, headers } = answer
    const mute = request.method === 'HEAD' && (status === 400 || status === 403)
    const get = { ...request, method: 'GET', headers: { ...request.headers, range: 'bytes=0-0' } } as const
    const reason = mute ? await once(get, credentials, signal) : answer
    const told = reason.status >= 400 ? reason : answer
    return { ...told, retryAfter: retryAfter({ headers } as IncomingMessage) }
  }

  return async function call(request, signal) {
    const { retries = API_RETRIES } = request
    for (let failures = 1; ; failures++) {
      try {
        return await authorized(request, signal)
      } catch (error) {
        signal.throwIfAborted()
        if (!isTransient(error) || failures > retries) throw error
        const { clock, timing, wakes, random } = keeping
        const { retryAfter } = error as { retryAfter?: number }
        await sleep(clock, backoff(failures, timing, random(), retryAfter), signal, wakes)
      }
    }
  }
}

/** Of many endpoints that a person may have meant. */
function named(error: unknown, host: string): unknown {
  if (!(error instanceof NetworkError && error.cause)) return error
  const { code, message } = error.cause as NodeJS.ErrnoException
  return new NetworkError(`Expected an answer from ${host}, got none (${code ?? message}).`, {
    cause: error.cause,
  })
}

async function readAll(answer: IncomingMessage, moved: () => void, signal: AbortSignal): Promise<string> {
  answer.setEncoding('utf8')
  let text = ''
  try {
    for await (const chunk of answer) {
      text += chunk
      moved()
      if (text.length > LONGEST_BODY_BYTES)
        throw new NetworkError('Expected an answer of S3’s, got 16 MiB and more.')
    }
  } catch (error) {
    if (error instanceof NetworkError) throw error
    throw signal.aborted ? signal.reason : networkError(error)
  }
  return text
}
