import { MAX_LIST_PAGE } from '../protocol/limits.ts'
import { type ResponseOf, type Route, routes } from '../protocol/routes.ts'
import { follow, orAborted } from './abort.ts'
import { isStrangers, readAnswer } from './api-answer.ts'
import { sleep, systemClock } from './clock.ts'
import { ApiError, NetworkError, PartwayError } from './errors.ts'
import type { Clock, ControlPlane, UploadId, Wakes } from './ports.ts'
import { API_RETRIES, backoff } from './retry.ts'
import { isTransient } from './store-call.ts'
import { TIMING, type Timing } from './timing.ts'
import { TokenWaits } from './token-waits.ts'
import { NO_WAKES } from './wakes.ts'

/**
 * Asked anew for each call, which waits for as long as it takes, such as until a person has signed in.
 * What it throws is taken for a network that is gone, and it is asked again; a `PartwayError` is thrown as it is.
 * @param refused the token that this call was answered 401 for; where another comes back, the call is made once more
 */
export type TokenProvider = (refused?: string) => string | undefined | Promise<string | undefined>

export interface ApiOptions {
  /** Where the API is, with its stage's path if it has one. */
  readonly url: string | URL
  /** Where callers sign in: gives the bearer token of each call. @default none is sent */
  readonly token?: TokenProvider | undefined
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
  const waits = new TokenWaits(options.clock ?? systemClock)
  const call = createCaller(options, waits)
  const path = ({ uploadId }: UploadId) => ({ uploadId })
  return {
    endpoint: baseOf(options.url),
    waits,
    describe: (signal) => call(routes.describe, {}, signal),
    initiate: (body, signal) => call(routes.initiate, { body }, signal),
    async presign(upload, parts, signal, checksums) {
      const signed = checksums && { checksums: checksums.values, checksumAlgorithm: checksums.algorithm }
      const body = { key: upload.key, parts, ...signed }
      return (await call(routes.presign, { path: path(upload), body }, signal)).signed
    },
    listParts: (upload, signal) =>
      call(routes['list-parts'], { path: path(upload), query: { key: upload.key } }, signal),
    complete: (upload, request, signal) =>
      call(routes.complete, { path: path(upload), body: { key: upload.key, ...request } }, signal, 0),
    abort: (upload, signal) => call(routes.abort, { path: path(upload), query: { key: upload.key } }, signal),
    listUploads: ({ limit, cursor, details }, signal) =>
      call(
        routes['list-uploads'],
        {
          query: {
            ...(limit !== undefined && { limit: String(limit) }),
            ...(cursor !== undefined && { cursor }),
            ...(details && { details: '1' }),
          },
        },
        signal,
      ),
    async listObjects({ prefix = '', limit = MAX_LIST_PAGE, cursor }, signal) {
      const query = { limit: String(limit), ...(cursor !== undefined && { cursor }) }
      const page = await call(routes['list-objects'], { query }, signal)
      // The API lists all that are the caller's.
      return { ...page, objects: page.objects.filter(({ key }) => key.startsWith(prefix)) }
    },
    download: (body, signal) => call(routes.download, { body }, signal),
  }
}

interface Input {
  readonly path?: Record<string, string>
  readonly query?: Record<string, string>
  readonly body?: unknown
}

function createCaller(
  {
    url,
    token = () => undefined,
    fetch = (...request) => globalThis.fetch(...request),
    clock = systemClock,
    wakes = NO_WAKES,
    random = Math.random,
    timing: changes,
  }: ApiOptions,
  waits: TokenWaits,
) {
  const base = baseOf(url)
  const timing = { ...TIMING, ...changes }
  /** From then on, it is not the URL that is wrong. */
  let hasAnswered = false

  async function once<R extends Route>(
    route: R,
    input: Input,
    bearer: string | undefined,
    signal: AbortSignal,
  ): Promise<ResponseOf<R>> {
    const attempt = follow(signal)
    const { apiAnswerMs } = timing
    const cancel = clock.after(apiAnswerMs, () =>
      attempt.abort(new NetworkError(`Expected ${base} to answer within ${apiAnswerMs / 1000} s.`)),
    )
    try {
      const response = await fetch(base + pathOf(route, input), {
        method: route.method,
        headers: {
          accept: 'application/json',
          ...(input.body !== undefined && { 'content-type': 'application/json' }),
          ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        },
        signal: attempt.signal,
        ...(input.body !== undefined && { body: JSON.stringify(input.body) }),
      })
      const text = await response.text()
      if (hasAnswered && isStrangers(response.status, text)) {
        throw new NetworkError(`Expected an answer from ${base}, got one from somebody on the way there.`)
      }
      const answer = readAnswer(route, base, response.status, text)
      hasAnswered = true
      return answer
    } catch (error) {
      attempt.signal.throwIfAborted()
      if (!(error instanceof TypeError)) throw error
      throw new NetworkError(`Expected an answer from ${base}, got none (${reasonOf(error)}).`, {
        cause: error,
      })
    } finally {
      cancel()
      attempt.release()
    }
  }

  async function askToken(refused?: string): Promise<string | undefined> {
    try {
      return await token(refused)
    } catch (cause) {
      if (cause instanceof PartwayError) throw cause
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new NetworkError(`Expected a token for ${base}, got none (${reason}).`, { cause })
    }
  }

  async function authorized<R extends Route>(
    route: R,
    input: Input,
    signal: AbortSignal,
  ): Promise<ResponseOf<R>> {
    if (route.public) return once(route, input, undefined, signal)
    const bearer = await waits.during(orAborted(askToken(), signal))
    try {
      return await once(route, input, bearer, signal)
    } catch (error) {
      if (bearer === undefined || !(error instanceof ApiError) || error.status !== 401) throw error
      const another = await waits.during(orAborted(askToken(bearer), signal))
      if (another === undefined || another === bearer) throw error
      return once(route, input, another, signal)
    }
  }

  return async function call<R extends Route>(
    route: R,
    input: Input,
    signal: AbortSignal,
    retries = API_RETRIES,
  ): Promise<ResponseOf<R>> {
    for (let failures = 1; ; failures++) {
      try {
        return await authorized(route, input, signal)
      } catch (error) {
        signal.throwIfAborted()
        if (!isTransient(error) || failures > retries) throw error
        await sleep(clock, backoff(failures, timing, random()), signal, wakes)
      }
    }
  }
}

function pathOf(route: Route, { path = {}, query = {} }: Input): string {
  const filled = route.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ''))
  const search = new URLSearchParams(query).toString()
  return search === '' ? filled : `${filled}?${search}`
}

function baseOf(url: string | URL): string {
  const { origin, pathname } = new URL(url)
  return origin + pathname.replace(/\/+$/, '')
}

/** Node hides what happened in the cause; browsers say nothing at all. */
function reasonOf(error: TypeError): string {
  const cause = error.cause as { code?: string; message?: string } | undefined
  return cause?.code ?? (cause?.message || error.message)
}
