import { describe, expect, test } from 'vitest'
import { createApi } from '../../client/api.ts'
import type { TokenProvider } from '../../client/bearer.ts'
import { ApiError, NetworkError, NotPartwayError } from '../../client/errors.ts'
import { VirtualClock } from '../client/virtual-clock.ts'

const { signal } = new AbortController()
const UPLOAD = { key: 'uploads/public/a b/ü', uploadId: 'x/y' }
const DESCRIBED = {
  version: '1.2.3',
  auth: 'none',
  region: 'eu-west-1',
  maxObjectSize: 1,
  checksums: ['CRC64NVME'],
}
const COMPLETED = { key: 'k', size: 1, etag: 'e', location: 'https://s3.example/k' }

/** A function is called, and no answer comes. */
type Answer = { status: number; body?: unknown; text?: string } | Error | (() => void)

/** An API that answers one thing after another, the last of them forever. */
function api(...answers: Answer[]) {
  return apiFor(async () => 't', ...answers)
}

function apiFor(token: TokenProvider, ...answers: Answer[]) {
  const calls: { method: string | undefined; url: string; headers: Record<string, string>; body: unknown }[] =
    []
  const clock = new VirtualClock()
  const plane = createApi({
    url: 'https://api.example/stage/',
    token,
    clock,
    random: () => 0.5,
    fetch: async (url, init = {}) => {
      const body = init.body === undefined ? undefined : JSON.parse(String(init.body))
      calls.push({ method: init.method, url: String(url), headers: { ...(init.headers as object) }, body })
      const answer = answers.length > 1 ? answers.shift() : answers[0]
      if (typeof answer === 'function') {
        return new Promise((_, reject) => {
          init.signal?.addEventListener('abort', () => reject(init.signal?.reason))
          answer()
        })
      }
      if (answer === undefined || answer instanceof Error) throw answer
      const text = answer.text ?? JSON.stringify(answer.body) ?? ''
      return { status: answer.status, text: async () => text } as Response
    },
  })
  return { plane, calls, clock }
}

const problem = (type: string, status: number, members = {}) => ({
  status,
  body: {
    type: `urn:partway:problem:${type}`,
    title: 'No',
    status,
    detail: 'Do this.',
    requestId: 'r1',
    ...members,
  },
})

test('what is remembered is kept by the URL with its fragment, which may say who is signed in, and calls go without', async () => {
  const urls: string[] = []
  const { endpoint, describe } = createApi({
    url: 'https://api.example/stage/#anna',
    fetch: async (url) => {
      urls.push(String(url))
      return Response.json(DESCRIBED)
    },
  })
  expect(endpoint).toBe('https://api.example/stage#anna')
  expect(api().plane.endpoint).toBe('https://api.example/stage')
  await describe(signal)
  expect(urls).toEqual(['https://api.example/stage/'])
})

test('calls are made as the route table says, with the token asked for', async () => {
  const { plane, calls } = api({ status: 200, body: { ...COMPLETED, unknown: 'ignored' } })
  expect(await plane.complete(UPLOAD, {}, signal)).toEqual(COMPLETED)
  expect(calls).toEqual([
    {
      method: 'POST',
      url: 'https://api.example/stage/uploads/x%2Fy/complete',
      headers: { accept: 'application/json', 'content-type': 'application/json', authorization: 'Bearer t' },
      body: { key: UPLOAD.key },
    },
  ])
})

test('a key travels in the query where there is no body', async () => {
  const { plane, calls } = api({ status: 204 })
  await plane.abort(UPLOAD, signal)
  expect(calls[0]?.url).toBe('https://api.example/stage/uploads/x%2Fy?key=uploads%2Fpublic%2Fa%20b%2F%C3%BC')
  expect(calls[0]?.body).toBeUndefined()
})

test('objects are listed page by page, those under the prefix that is asked for', async () => {
  const objects = ['uploads/a/1', 'uploads/b/2'].map((key) => {
    return { key, fileName: key.slice(-1), size: 5, modified: '2026-11-21T00:00:00.000Z' }
  })
  const { plane, calls } = api({ status: 200, body: { objects, next: 'on' } })
  const page = await plane.listObjects({ prefix: 'uploads/b/', limit: 2, cursor: 'here' }, signal)
  expect(page).toEqual({ objects: [objects[1]], next: 'on' })
  expect(await plane.listObjects({}, signal)).toEqual({ objects, next: 'on' })
  expect(calls.map(({ url }) => url.slice(url.indexOf('/objects')))).toEqual([
    '/objects?limit=2&cursor=here',
    '/objects?limit=1000',
  ])
})

describe('a problem', () => {
  test('comes with its type, its members and what to do', async () => {
    const { plane } = api(problem('parts-missing', 409, { missing: [3] }))
    const error = await plane.complete(UPLOAD, {}, signal).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({
      type: 'parts-missing',
      status: 409,
      requestId: 'r1',
      message: 'Do this.',
      body: { missing: [3] },
    })
  })

  test('of a newer version is known by its status', async () => {
    const { plane } = api(problem('not-invented-yet', 418))
    await expect(plane.describe(signal)).rejects.toMatchObject({ type: undefined, status: 418 })
  })

  test.each([
    ['too-large', 413, false],
    ['key-not-yours', 403, false],
    ['upload-unknown', 404, false],
    ['parts-missing', 409, true],
    ['store-busy', 503, true],
  ])('%s is resumable: %s', async (type, status, resumable) => {
    const { plane } = api(problem(type, Number(status)))
    await expect(plane.complete(UPLOAD, {}, signal)).rejects.toMatchObject({ resumable })
  })
})

describe("the gateway's own errors", () => {
  test('are told with their words, where they have some', async () => {
    const said = api({ status: 401, body: { message: 'Unauthorized' } })
    await expect(said.plane.complete(UPLOAD, {}, signal)).rejects.toThrow(
      'The API at https://api.example/stage answered 401 Unauthorized.',
    )
    const silent = api({ status: 503, body: {} })
    await expect(silent.plane.complete(UPLOAD, {}, signal)).rejects.toThrow(
      'The API at https://api.example/stage answered 503.',
    )
  })

  test.each([401, 403, 413])('%i is known by its status, and final', async (status) => {
    const { plane, calls } = api({ status, body: { message: 'No' } })
    await expect(plane.describe(signal)).rejects.toMatchObject({ name: 'ApiError', type: undefined, status })
    expect(calls).toHaveLength(1)
  })

  test.each([429, 500, 502, 503, 504])('%i is tried again', async (status) => {
    const { plane, calls } = api({ status, body: { message: 'Busy' } }, { status: 204 })
    await plane.abort(UPLOAD, signal)
    expect(calls).toHaveLength(2)
  })
})

test.each([
  ['a page', { status: 200, text: '<html>Welcome</html>' }],
  ['other JSON', { status: 200, body: { hello: 'world' } }],
  ['a page that is not there', { status: 404, text: '<html>404</html>' }],
  ['another API', { status: 404, body: { message: 'Not Found' } }],
])('%s is no Partway API', async (_, answer) => {
  const { plane, calls } = api(answer)
  await expect(plane.describe(signal)).rejects.toThrow(NotPartwayError)
  await expect(plane.describe(signal)).rejects.toThrow('https://api.example/stage')
  expect(calls).toHaveLength(2)
})

test('a page in place of an answer, once the API has answered, is the network on the way, and the call is made again', async () => {
  const described = { status: 200, body: DESCRIBED }
  const { plane, calls } = api(
    described,
    { status: 200, text: '<html>Sign in to this Wi-Fi</html>' },
    described,
  )
  await plane.describe(signal)
  await expect(plane.describe(signal)).resolves.toEqual(DESCRIBED)
  expect(calls).toHaveLength(3)
})

test('a connection that is lost is tried again, six times in all', async () => {
  const { plane, calls } = api(new TypeError('Failed to fetch'))
  await expect(plane.describe(signal)).rejects.toThrow(NetworkError)
  expect(calls).toHaveLength(6)
})

test('an answer that does not come is given up after 35 s', async () => {
  const { plane, calls, clock } = api(() => {}, { status: 204 })
  await plane.abort(UPLOAD, signal)
  expect(calls).toHaveLength(2)
  expect(clock.now()).toBeGreaterThanOrEqual(35_000)
})

test('complete is tried once: what an unanswered one means is for the engine to settle', async () => {
  const { plane, calls } = api({ status: 503, body: { message: 'Service Unavailable' } })
  await expect(plane.complete(UPLOAD, {}, signal)).rejects.toMatchObject({ status: 503 })
  expect(calls).toHaveLength(1)
})

test('an abort ends a call at once, with its reason', async () => {
  const stop = new AbortController()
  const { plane, calls } = api(() => stop.abort(new Error('Enough.')))
  await expect(plane.describe(stop.signal)).rejects.toThrow('Enough.')
  expect(calls).toHaveLength(1)
})

describe('the token', () => {
  const UNAUTHORIZED = { status: 401, body: { message: 'Unauthorized' } }
  const sent = (calls: { headers: Record<string, string> }[]) =>
    calls.map(({ headers }) => headers.authorization)

  test('is not sent where the route is public', async () => {
    const { plane, calls } = api({ status: 200, body: DESCRIBED })
    await plane.describe(signal)
    expect(sent(calls)).toEqual([undefined])
  })

  test('is asked for anew after a 401, and the call is made once more with it', async () => {
    const token = (refused?: string) => (refused === undefined ? 'old' : `not ${refused}`)
    const { plane, calls } = apiFor(token, UNAUTHORIZED, { status: 204 })
    await plane.abort(UPLOAD, signal)
    expect(sent(calls)).toEqual(['Bearer old', 'Bearer not old'])
  })

  test('is asked for anew once only', async () => {
    let asked = 0
    const { plane, calls } = apiFor(() => `t${++asked}`, UNAUTHORIZED)
    await expect(plane.abort(UPLOAD, signal)).rejects.toMatchObject({ status: 401, resumable: true })
    expect(sent(calls)).toEqual(['Bearer t1', 'Bearer t2'])
  })

  test('that is the only one there is makes a 401 final for now', async () => {
    const { plane, calls } = apiFor(() => 'only', UNAUTHORIZED)
    await expect(plane.abort(UPLOAD, signal)).rejects.toMatchObject({ status: 401, resumable: true })
    expect(sent(calls)).toEqual(['Bearer only'])
  })

  test('is waited for, until the call is given up', async () => {
    const stop = new AbortController()
    const { plane, calls } = apiFor(() => new Promise(() => {}), { status: 204 })
    const aborted = plane.abort(UPLOAD, stop.signal)
    stop.abort(new Error('Enough.'))
    await expect(aborted).rejects.toThrow('Enough.')
    expect(calls).toEqual([])
  })

  test.each(['secret\ntoken', 'secret\u2028token'])(
    'that no header holds is refused at once, and is not told: %j',
    async (token) => {
      const { plane, calls } = apiFor(() => token, { status: 200, body: COMPLETED })
      const error = await plane.download({ key: 'k' }, signal).catch((error: unknown) => error)
      expect(error).toBeInstanceOf(TypeError)
      expect(String(error)).not.toContain('secret')
      expect(calls).toEqual([])
    },
  )

  test('that cannot be had is asked for again, as an answer is', async () => {
    let asked = 0
    const token = () => (asked++ === 0 ? Promise.reject(new TypeError('fetch failed')) : Promise.resolve('t'))
    const { calls, plane } = apiFor(token, { status: 200, body: COMPLETED })
    await expect(plane.complete(UPLOAD, {}, signal)).rejects.toThrow(NetworkError)
    expect(calls).toHaveLength(0)
    expect(await plane.complete(UPLOAD, {}, signal)).toMatchObject({ key: 'k' })
  })

  test('that does not come is told after a second, until it does', async () => {
    let give = (_: string) => {}
    const { plane, clock } = apiFor(
      () =>
        new Promise((resolve) => {
          give = resolve
        }),
      { status: 204 },
    )
    let told = 0
    plane.waits?.subscribe(() => told++)
    const aborted = plane.abort(UPLOAD, signal)
    expect(plane.waits?.current).toBeUndefined()
    await new Promise<void>((resolve) => void clock.after(1001, resolve))
    expect(plane.waits?.current).toMatchObject({ for: 'user' })
    give('t')
    await aborted
    expect(plane.waits?.current).toBeUndefined()
    expect(told).toBe(2)
  })

  test('that is at hand keeps nobody waiting', async () => {
    const { plane, clock } = apiFor(() => 't', { status: 204 })
    let told = 0
    plane.waits?.subscribe(() => told++)
    await plane.abort(UPLOAD, signal)
    await new Promise<void>((resolve) => void clock.after(5000, resolve))
    expect(told).toBe(0)
  })
})
