import { once } from 'node:events'
import { type IncomingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { afterEach, describe, expect, test } from 'vitest'
import { createGateway, type GatewayOptions } from '../../local/gateway.ts'
import type { Outcome } from '../../local/lambda-protocol.ts'
import { RequestTooLarge } from '../../local/lambda-runtime.ts'
import { listenOnLoopback } from '../../local/listen.ts'
import type { ApiDescription, RouteDescription } from '../../local/template.ts'

const ORIGIN = 'http://localhost:8080'
const CORS = {
  AllowCredentials: false,
  AllowOrigins: [ORIGIN],
  AllowMethods: ['GET', 'POST'],
  AllowHeaders: ['content-type', 'authorization'],
  ExposeHeaders: ['apigw-requestid'],
  MaxAge: 600,
}

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

describe('a request becomes an event of payload format 2.0', () => {
  test.each<[string, Ask, Partial<APIGatewayProxyEventV2>]>([
    [
      'path parameters are decoded, and so is the path',
      { method: 'POST', path: '/uploads/a%2Fb%20c/complete' },
      {
        rawPath: '/uploads/a/b c/complete',
        pathParameters: { uploadId: 'a/b c' },
        routeKey: 'POST /uploads/{uploadId}/complete',
      },
    ],
    [
      'the query comes as sent, and decoded with duplicates joined',
      { method: 'GET', path: '/?a=1&a=2&key=x%20y+z&empty=' },
      {
        rawQueryString: 'a=1&a=2&key=x%20y+z&empty=',
        queryStringParameters: { a: '1,2', key: 'x y z', empty: '' },
      },
    ],
    ['JSON is text', json('{"a":"é"}'), { body: '{"a":"é"}', isBase64Encoded: false }],
    [
      'JSON with a charset is text',
      { ...json('{}'), headers: [['Content-Type', 'Application/JSON; charset=utf-8']] },
      { body: '{}', isBase64Encoded: false },
    ],
    [
      'bytes are base64',
      {
        method: 'POST',
        path: '/uploads',
        headers: [['content-type', 'application/octet-stream']],
        body: Buffer.from([0, 255]),
      },
      { body: 'AP8=', isBase64Encoded: true },
    ],
    [
      'a body of no type is base64',
      { method: 'POST', path: '/uploads', body: '{}' },
      { body: 'e30=', isBase64Encoded: true },
    ],
    [
      'cookies travel apart',
      { method: 'GET', path: '/', headers: [['Cookie', 'a=1; b=2']] },
      { cookies: ['a=1', 'b=2'] },
    ],
  ])('%s', async (_, asked, expected) => {
    expect(await eventOf(asked)).toMatchObject(expected)
  })

  test('what a request does not have is left out', async () => {
    const event = await eventOf({ method: 'GET', path: '/' })
    expect(Object.keys(event).sort()).toEqual([
      'headers',
      'isBase64Encoded',
      'rawPath',
      'rawQueryString',
      'requestContext',
      'routeKey',
      'version',
    ])
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'GET /',
      rawPath: '/',
      rawQueryString: '',
      isBase64Encoded: false,
    })
  })

  test('headers are in lower case, duplicates joined, cookies left out', async () => {
    const { headers } = await eventOf({
      method: 'GET',
      path: '/',
      headers: [
        ['X-One', '1'],
        ['x-one', '2'],
        ['Cookie', 'a=1'],
        ['User-Agent', 'test/1'],
      ],
    })
    expect(headers).toMatchObject({
      'x-one': '1,2',
      'user-agent': 'test/1',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
    })
    expect(headers).not.toHaveProperty('cookie')
  })

  test('the request context says who, when and where', async () => {
    const before = Date.now()
    const { requestContext } = await eventOf({
      method: 'POST',
      path: '/uploads?x=1',
      headers: [['User-Agent', 'test/1']],
    })
    expect(requestContext).toMatchObject({
      accountId: '000000000000',
      apiId: 'local',
      domainName: '127.0.0.1',
      stage: '$default',
      routeKey: 'POST /uploads',
      http: {
        method: 'POST',
        path: '/uploads',
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: 'test/1',
      },
    })
    expect(requestContext.timeEpoch).toBeGreaterThanOrEqual(before)
    expect(requestContext.time).toMatch(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/)
    expect(requestContext.requestId).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe('what a function returns becomes the answer', () => {
  test.each<[string, unknown, { status: number; body: string; headers?: IncomingHttpHeaders }]>([
    [
      'status, headers, cookies and body',
      {
        statusCode: 201,
        headers: { 'Content-Type': 'application/json', 'X-A': 1 },
        cookies: ['a=1', 'b=2'],
        body: '{}',
      },
      {
        status: 201,
        body: '{}',
        headers: { 'content-type': 'application/json', 'x-a': '1', 'set-cookie': ['a=1', 'b=2'] },
      },
    ],
    [
      'a type where it gives none',
      { statusCode: 200, body: 'x' },
      { status: 200, body: 'x', headers: { 'content-type': 'text/plain;charset=UTF-8' } },
    ],
    ['base64', { statusCode: 200, body: 'aGk=', isBase64Encoded: true }, { status: 200, body: 'hi' }],
    ['no body', { statusCode: 204 }, { status: 204, body: '' }],
    [
      'an object without a status code',
      { message: 'hi' },
      { status: 200, body: '{"message":"hi"}', headers: { 'content-type': 'application/json' } },
    ],
    ['a text', 'hi', { status: 200, body: 'hi', headers: { 'content-type': 'application/json' } }],
    [
      'a status code that is none',
      { statusCode: 'ok' },
      { status: 500, body: '{"message":"Internal Server Error"}' },
    ],
    [
      'a header that HTTP does not allow',
      { statusCode: 200, headers: { 'x-a': 'one\r\nx-b: two' } },
      { status: 500, body: '{"message":"Internal Server Error"}' },
    ],
    [
      'a body that is no text',
      { statusCode: 200, body: {} },
      { status: 500, body: '{"message":"Internal Server Error"}' },
    ],
  ])('%s', async (_, returned, { status, body, headers = {} }) => {
    const { ask } = await start({ returns: returned })
    const answer = await ask({ method: 'GET', path: '/' })
    expect(answer).toMatchObject({
      status,
      body,
      headers: { ...headers, 'apigw-requestid': expect.stringMatching(/./) },
    })
  })

  test('an error of the function is a 500 that says nothing', async () => {
    const { ask } = await start({
      outcome: { error: { errorType: 'Error', errorMessage: 'secret', trace: '' } },
    })
    const answer = await ask({ method: 'GET', path: '/' })
    expect([answer.status, answer.body]).toEqual([500, '{"message":"Internal Server Error"}'])
  })
})

describe('routes', () => {
  test.each([
    ['GET', '/', 'GET /'],
    ['POST', '/uploads', 'POST /uploads'],
    ['POST', '/uploads/1/complete', 'POST /uploads/{uploadId}/complete'],
    ['POST', '/uploads/special/complete', 'POST /uploads/special/complete'],
    ['PUT', '/any', 'ANY /any'],
    ['GET', '/any', 'GET /any'],
    ['GET', '/s3/multipart/1', 'GET /s3/{proxy+}'],
  ])('%s %s → %s', async (method, path, routeKey) => {
    expect((await eventOf({ method, path })).routeKey).toBe(routeKey)
  })

  test.each([
    ['GET', '/nowhere'],
    ['DELETE', '/uploads'],
    ['POST', '/uploads/'],
    ['POST', '/uploads//complete'],
    ['HEAD', '/'],
  ])('%s %s is not found', async (method, path) => {
    const { ask } = await start({})
    const answer = await ask({ method, path })
    expect([answer.status, answer.body]).toEqual([404, method === 'HEAD' ? '' : '{"message":"Not Found"}'])
  })

  test('a path that cannot be decoded is a bad request', async () => {
    const { ask } = await start({})
    expect((await ask({ method: 'POST', path: '/uploads/%zz/complete' })).status).toBe(400)
  })

  test('an authorization that is not served is refused at start', () => {
    const api = { ...fixtureApi(), routes: [route('GET /', 'CUSTOM')] }
    expect(() => createGateway({ api, functions: new Map(), log: fail })).toThrow(
      /expected routes without authorization or with that of a JWT or of IAM, got CUSTOM at GET \/.*none, jwt and iam/i,
    )
  })
})

describe('CORS is the gateway’s own', () => {
  test('it answers preflights, without the function', async () => {
    const { ask, events } = await start({})
    const answer = await ask({
      method: 'OPTIONS',
      path: '/uploads',
      headers: [
        ['Origin', ORIGIN],
        ['Access-Control-Request-Method', 'POST'],
        ['Access-Control-Request-Headers', 'content-type'],
      ],
    })
    expect(answer).toMatchObject({
      status: 204,
      body: '',
      headers: {
        'access-control-allow-origin': ORIGIN,
        'access-control-allow-methods': 'GET,POST',
        'access-control-allow-headers': 'content-type,authorization',
        'access-control-max-age': '600',
        vary: 'Origin',
      },
    })
    expect(events).toEqual([])
  })

  test('another origin gets no permission', async () => {
    const { ask } = await start({})
    const headers: Ask['headers'] = [
      ['Origin', 'http://evil.example'],
      ['Access-Control-Request-Method', 'POST'],
    ]
    for (const method of ['OPTIONS', 'POST']) {
      const answer = await ask({ method, path: '/uploads', headers })
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })

  test('it replaces what the function says', async () => {
    const headers = {
      'Access-Control-Allow-Origin': 'https://other.example',
      'access-control-expose-headers': 'x-a',
      'x-a': '1',
    }
    const { ask } = await start({ returns: { statusCode: 200, headers } })
    const answer = await ask({ method: 'GET', path: '/', headers: [['Origin', ORIGIN]] })
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-expose-headers': 'apigw-requestid',
      'x-a': '1',
    })
  })

  test('its own errors carry it too, so that a page can read them', async () => {
    const { ask } = await start({})
    const answer = await ask({ method: 'GET', path: '/nowhere', headers: [['Origin', ORIGIN]] })
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([404, ORIGIN])
  })

  test('any origin, and any of a scheme', async () => {
    const allowed = async (AllowOrigins: string[]) => {
      const { ask } = await start({ api: { cors: { ...CORS, AllowOrigins } } })
      const { headers } = await ask({ method: 'GET', path: '/', headers: [['Origin', 'https://a.example']] })
      return headers['access-control-allow-origin']
    }
    expect(await allowed(['*'])).toBe('*')
    expect(await allowed(['https://*'])).toBe('https://a.example')
    expect(await allowed(['http://*'])).toBeUndefined()
  })

  test('without a configuration, OPTIONS is a method like any other', async () => {
    const { ask } = await start({ api: { cors: undefined } })
    expect((await ask({ method: 'OPTIONS', path: '/uploads', headers: [['Origin', ORIGIN]] })).status).toBe(
      404,
    )
  })
})

describe('limits', () => {
  const tooLarge = '{"message":"Request Entity Too Large"}'

  test('a body of 10 MB passes, one more byte does not', async () => {
    const { ask, events } = await start({})
    expect((await ask({ ...json(Buffer.alloc(10_000_000, ' ')) })).status).toBe(200)
    const answer = await ask({ ...json(Buffer.alloc(10_000_001, ' ')) })
    expect([answer.status, answer.body]).toEqual([413, tooLarge])
    expect(events).toHaveLength(1)
  })

  test('the limit holds for bodies that do not say their length', async () => {
    const { ask } = await start({})
    const answer = await ask({ ...json(Buffer.alloc(10_000_001, ' ')), chunked: true })
    expect([answer.status, answer.body]).toEqual([413, tooLarge])
  })

  test('the connection outlives a refused body', async () => {
    const { port } = await start({})
    const length = 10_000_001
    const answers = await exchange(
      port,
      `POST /uploads HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`,
      Buffer.alloc(length),
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    )
    const statuses = answers.match(/HTTP\/1\.1 \d+/g)
    expect(statuses).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200'])
  })

  test('an event that Lambda does not take is a 413', async () => {
    const { ask } = await start({ throws: new RequestTooLarge('too large') })
    const answer = await ask({ method: 'GET', path: '/' })
    expect([answer.status, answer.body]).toEqual([413, tooLarge])
  })

  test.each([
    [10_240, 'HTTP/1.1 200 OK', ''],
    [10_241, 'HTTP/1.1 431 Request Header Fields Too Large', '{"message":"Request Header Fields Too Large"}'],
    [70_000, 'HTTP/1.1 431 Request Header Fields Too Large', ''],
  ])('a request line and headers of %d bytes: %s', async (size, status, body) => {
    const { port } = await start({})
    const head = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Fill: \r\n'
    const answer = await exchange(
      port,
      head.replace('X-Fill: ', `X-Fill: ${'x'.repeat(size - head.length)}`),
      '\r\n',
    )
    expect([answer.split('\r\n', 1)[0], answer.split('\r\n\r\n')[1]]).toEqual([status, body])
  })

  test('a function that takes too long is a 503, and runs on', async () => {
    const running = Promise.withResolvers<Outcome>()
    const { ask } = await start({ outcome: running.promise, timeoutMs: 20 })
    const answer = await ask({ method: 'GET', path: '/' })
    expect([answer.status, answer.body]).toEqual([503, '{"message":"Service Unavailable"}'])
    running.resolve({ payload: '{}' })
  })

  test('more requests than the stage allows are a 429, for the route that has them', async () => {
    const { ask } = await start({ api: { throttling: { ratePerSecond: 0.001, burst: 2 } } })
    const statuses = []
    for (let i = 0; i < 3; i += 1) statuses.push((await ask({ method: 'GET', path: '/' })).status)
    expect(statuses).toEqual([200, 200, 429])
    expect((await ask({ method: 'POST', path: '/uploads' })).status).toBe(200)
  })
})

test('every loopback address of the machine answers on one port', async () => {
  const { port } = await start({})
  const loopback = Object.values(networkInterfaces())
    .flatMap((addresses = []) => addresses)
    .filter(({ internal }) => internal)
    .map(({ address, family }) => (family === 'IPv6' ? `[${address}]` : address))
  expect(loopback).toContain('127.0.0.1')
  for (const host of ['localhost', ...loopback]) {
    expect((await fetch(`http://${host}:${port}/`)).status, host).toBe(200)
  }
})

interface Ask {
  method: string
  path: string
  headers?: [string, string][]
  body?: string | Buffer
  chunked?: boolean
}

interface Behaviour {
  api?: Partial<ApiDescription>
  returns?: unknown
  outcome?: Outcome | Promise<Outcome>
  throws?: Error
  timeoutMs?: number
}

async function start({ api, returns = { statusCode: 200 }, outcome, throws, timeoutMs }: Behaviour) {
  const events: APIGatewayProxyEventV2[] = []
  const invoke = async (event: string) => {
    events.push(JSON.parse(event))
    if (throws) throw throws
    return outcome ?? { payload: JSON.stringify(returns) }
  }
  const functions: GatewayOptions['functions'] = new Map([['echo', { invoke }]])
  const gateway = createGateway({ api: { ...fixtureApi(), ...api }, functions, log: fail, timeoutMs })
  const { port, close } = await listenOnLoopback(gateway, 0)
  closers.push(close)
  return { port, events, ask: (asked: Ask) => send(port, asked) }
}

function fixtureApi(): ApiDescription {
  const keys = [
    'GET /',
    'POST /uploads',
    'POST /uploads/{uploadId}/complete',
    'POST /uploads/special/complete',
    'ANY /any',
    'GET /any',
    'GET /s3/{proxy+}',
  ]
  return { id: 'local', cors: CORS, routes: keys.map((key) => route(key)), throttling: {} }
}

function route(key: string, authorization = 'NONE'): RouteDescription {
  const [method = '', path = ''] = key.split(' ')
  return { method, path, functionName: 'echo', authorization }
}

function json(body: string | Buffer): Ask {
  return { method: 'POST', path: '/uploads', headers: [['content-type', 'application/json']], body }
}

async function eventOf(asked: Ask): Promise<APIGatewayProxyEventV2> {
  const { ask, events } = await start({})
  await ask(asked)
  const [event] = events
  if (event === undefined) throw new Error('The function was not called.')
  return event
}

/** Sends bytes as they are, and reads until the server closes. */
async function exchange(port: number, ...sent: (string | Buffer)[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  for (const bytes of sent) socket.write(bytes)
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** node:http, because fetch neither sends headers twice nor sets Cookie and Origin. */
async function send(port: number, { method, path, headers = [], body, chunked }: Ask) {
  const outgoing = request({ host: '127.0.0.1', port, method, path, agent: false })
  const names = new Set(headers.map(([name]) => name.toLowerCase()))
  for (const name of names) {
    outgoing.setHeader(
      name,
      headers.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value),
    )
  }
  if (body !== undefined && !chunked) outgoing.setHeader('content-length', Buffer.byteLength(body))
  // Node gives a body that comes with the end a Content-Length.
  if (chunked) outgoing.write(body)
  outgoing.end(chunked ? undefined : body)
  const [response] = await once(outgoing, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return {
    status: response.statusCode as number,
    headers: response.headers as IncomingHttpHeaders,
    body: Buffer.concat(chunks).toString(),
  }
}

function fail(line: string): never {
  throw new Error(`Expected no log, got "${line}".`)
}
