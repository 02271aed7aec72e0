import { MAX_LIST_PAGE } from '../protocol/limits.ts'
import { type Path, paths } from '../protocol/paths.ts'
import type { ResponseOf, RouteName, Routes } from '../protocol/routes.ts'
import { follow } from './abort.ts'
import { isStrangers, readAnswer } from './api-answer.ts'
import type { ApiRequest, Authorization, Authorizer } from './authorizer.ts'
import { bearerAuthorizer, type TokenProvider } from './bearer.ts'
import { sleep, systemClock } from './clock.ts'
import type { ControlPlane } from './control-plane.ts'
import { ApiError, NetworkError } from './errors.ts'
import type { Clock, Wakes } from './ports.ts'
import { API_RETRIES, backoff } from './retry.ts'
import { isTransient } from './store-call.ts'
import { TIMING, type Timing } from './timing.ts'
import { NO_WAKES } from './wakes.ts'

export interface ApiOptions {
  /** Where the API is, with its stage's path if it has one. */
  readonly url: string | URL
  /** Where callers sign in: gives the bearer token of each call. @default none is sent */
  readonly token?: TokenProvider | undefined
  /** Where calls say otherwise whose they are. @default by `token` */
  readonly authorizer?: Authorizer | undefined
  readonly fetch?: typeof fetch
  readonly clock?: Clock
  readonly wakes?: Wakes
  readonly random?: () => number
  readonly timing?: Partial<Timing>
}

/**
 * The control plane over HTTP. Answers are validated; members that this version does not know are ignored.
 *
 * Every call but complete is retried a few times on 408, 429, 5xx, time-outs and lost connections; an upload under way has more
 * patience (client/persist.ts). That is safe for initiate too: one whose answer was lost leaves an upload without parts, which
 * costs nothing and which the lifecycle rule removes.
 */
export function createApi(options: ApiOptions): ControlPlane {
  const { token = () => undefined, clock = systemClock } = options
  const { authorizer = bearerAuthorizer(token, clock) } = options
  const call = createCaller(options, authorizer)
  return {
    endpoint: baseOf(options.url) + new URL(options.url).hash,
    waits: authorizer.waits,
    describe: (signal) => call('describe', {}, signal),
    initiate: (body, signal) => call('initiate', { body }, signal),
    async presign({ uploadId, key }, parts, signal, checksums) {
      const signed = checksums && { checksums: checksums.values, checksumAlgorithm: checksums.algorithm }
      return (await call('presign', { uploadId, body: { key, parts, ...signed } }, signal)).signed
    },
    listParts: ({ uploadId, key }, signal) => call('list-parts', { uploadId, query: { key } }, signal),
    complete: ({ uploadId, key }, request, signal) =>
      call('complete', { uploadId, body: { key, ...request } }, signal, 0),
    abort: ({ uploadId, key }, signal) => call('abort', { uploadId, query: { key } }, signal),
    listUploads: ({ limit, cursor, details }, signal) =>
      call('list-uploads', { query: { limit, cursor, details: details ? 1 : undefined } }, signal),
    async listObjects({ prefix = '', limit = MAX_LIST_PAGE, cursor }, signal) {
      const page = await call('list-objects', { query: { limit, cursor } }, signal)
      // The API lists all that are the caller's.
      return { ...page, objects: page.objects.filter(({ key }) => key.startsWith(prefix)) }
    },
    download: (body, signal) => call('download', { body }, signal),
  }
}

interface Input {
  readonly uploadId?: string
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: unknown
}

function createCaller(
  {
    url,
    fetch = (...request) => globalThis.fetch(...request),
    clock = systemClock,
    wakes = NO_WAKES,
    random = Math.random,
    timing: changes,
  }: ApiOptions,
  authorizer: Authorizer,
) {
  const base = baseOf(url)
  const timing = { ...TIMING, ...changes }
  /** From then on, it is not the URL that is wrong. */
  let hasAnswered = false

  async function once<Name extends RouteName>(
    name: Name,
    { method, url, body }: ApiRequest,
    authorization: Authorization | undefined,
    signal: AbortSignal,
  ): Promise<ResponseOf<Routes[Name]>> {
    const attempt = follow(signal)
    const seconds = timing.apiAnswerMs / 1000
    const cancel = clock.after(timing.apiAnswerMs, () =>
      attempt.abort(new NetworkError(`Expected ${base} to answer within ${seconds} s.`)),
    )
    try {
      const response = await fetch(url, {
        method,
        headers: {
          accept: 'application/json',
          ...(body && { 'content-type': 'application/json' }),
          ...authorization?.headers,
        },
        signal: attempt.signal,
        ...(body && { body }),
      })
      const { status } = response
      authorization?.answered?.(status, response.headers.get('date') ?? undefined)
      const text = await response.text()
      if (hasAnswered && isStrangers(status, text)) throw unanswered('one from somebody on the way there')
      const answer = readAnswer(name, base, status, text)
      hasAnswered = true
      return answer
    } catch (error) {
      attempt.signal.throwIfAborted()
      throw error instanceof TypeError ? unanswered(`none (${reasonOf(error)})`, error) : error
    } finally {
      cancel()
      attempt.release()
    }
  }

  const unanswered = (got: string, cause?: unknown) =>
    new NetworkError(`Expected an answer from ${base}, got ${got}.`, { cause })

  async function authorized<Name extends RouteName>(
    name: Name,
    request: ApiRequest,
    signal: AbortSignal,
  ): Promise<ResponseOf<Routes[Name]>> {
    const { public: isPublic }: Path = paths[name]
    let authorization = isPublic ? undefined : await authorizer.authorize(request, signal)
    for (;;) {
      try {
        return await once(name, request, authorization, signal)
      } catch (error) {
        if (!authorization || !isGatewaysRefusal(error)) throw error
        authorization = await authorization.again(error, signal)
        if (!authorization) throw error
      }
    }
  }

  return async function call<Name extends RouteName>(
    name: Name,
    { uploadId = '', query = {}, body }: Input,
    signal: AbortSignal,
    retries = API_RETRIES,
  ): Promise<ResponseOf<Routes[Name]>> {
    const { method, path } = paths[name]
    const request = {
      method,
      url: base + path.replace('{uploadId}', encodeURIComponent(uploadId)) + searchOf(query),
      body: body === undefined ? '' : JSON.stringify(body),
    }
    for (let failures = 1; ; failures++) {
      try {
        return await authorized(name, request, signal)
      } catch (error) {
        signal.throwIfAborted()
        if (!isTransient(error) || failures > retries) throw error
        await sleep(clock, backoff(failures, timing, random()), signal, wakes)
      }
    }
  }
}

/** Of the caller; a function's own 403 is about what is asked for. */
function isGatewaysRefusal(error: unknown): error is ApiError {
  return error instanceof ApiError && !error.body && [401, 403].includes(error.status)
}

function searchOf(query: NonNullable<Input['query']>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined) as [string, string][]
  // A plus sign is a space to some, and itself to others, such as those who check a signature.
  return given.length > 0 ? `?${new URLSearchParams(given)}`.replaceAll('+', '%20') : ''
}

function baseOf(url: string | URL): string {
  const { origin, pathname } = new URL(url)
  return origin + pathname.replace(/\/+$/, '')
}

/** Node hides what happened in the cause; browsers say nothing at all. */
function reasonOf({ cause, message }: TypeError): string {
  const inner = Object(cause) as { code?: string; message?: string }
  return inner.code ?? (inner.message || message)
}
