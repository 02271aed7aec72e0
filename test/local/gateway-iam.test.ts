import { request as httpRequest } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { createGateway } from '../../local/gateway.ts'
import { listenOnLoopback } from '../../local/listen.ts'
import { createPolicy } from '../../local/policy.ts'
import { createSessions } from '../../local/sessions.ts'
import { signRequest } from '../../signing/request.ts'
import { type Credentials, sha256Hex } from '../../signing/sigv4.ts'

/** A route with IAM's authorization: who signed it right is let through, everybody else is forbidden. */

const ROUTES = ['POST /uploads/{uploadId}/presign', 'GET /uploads']
const sessions = createSessions()
const everything = { allows: () => true }
const anna = sessions.assume(everything, { name: 'anna' })

async function open() {
  const events: unknown[] = []
  const api = {
    id: 'local',
    throttling: {},
    routes: ROUTES.map((key) => {
      const [method = '', path = ''] = key.split(' ')
      return { method, path, functionName: 'echo', authorization: 'AWS_IAM' }
    }),
  }
  const echo = {
    invoke: async (event: string) => {
      events.push(JSON.parse(event).requestContext.authorizer)
      return { payload: JSON.stringify({ statusCode: 200 }) }
    },
  }
  const gateway = createGateway({
    api,
    functions: new Map([['echo', echo]]),
    log: () => {},
    findPrincipal: (id) => sessions.find(id),
  })
  const { port, close } = await listenOnLoopback(gateway, 0)
  onTestFinished(() => close())
  return { url: `http://127.0.0.1:${port}`, events }
}

interface Ask {
  readonly method?: string
  readonly path?: string
  readonly body?: string
  readonly credentials?: Credentials
  readonly region?: string
  readonly service?: string
  readonly now?: Date
  /** What is sent in place of what was signed. */
  readonly sent?: { path?: string; body?: string; headers?: Record<string, string | undefined> }
}

async function ask(origin: string, { method = 'POST', path = PATH, body = '{}', ...rest }: Ask) {
  const { credentials = anna, region = 'us-east-1', service = 'execute-api', now, sent = {} } = rest
  const headers = signRequest({
    method,
    url: origin + path,
    payloadHash: sha256Hex(body),
    credentials,
    region,
    service,
    ...(now && { now }),
  })
  const answer = await new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    const all = { ...headers, ...sent.headers }
    const present = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
    httpRequest(origin + (sent.path ?? path), { method, headers: present }, async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      resolve({ status: response.statusCode, body: text })
    })
      .on('error', reject)
      .end(method === 'GET' ? undefined : (sent.body ?? body))
  })
  return answer
}

const PATH = '/uploads/a%2Fb~c/presign'
const FORBIDDEN = { status: 403, body: JSON.stringify({ message: 'Forbidden' }) }

test('a signed request is taken, and the function is told whose it is, the same in each session', async () => {
  const { url, events } = await open()
  expect(await ask(url, {})).toMatchObject({ status: 200 })
  expect(
    await ask(url, { method: 'GET', path: '/uploads?limit=1&cursor=a%20b%2Bc', body: '' }),
  ).toMatchObject({
    status: 200,
  })
  await ask(url, { credentials: sessions.assume(everything, { name: 'anna' }) })
  await ask(url, { credentials: sessions.assume(everything, { name: 'bert' }) })
  const ids = events.map((event) => (event as { iam: { userId: string } }).iam.userId)
  expect(ids).toEqual([anna.userId, anna.userId, anna.userId, expect.stringMatching(/^AROA\w{17}:bert$/)])
  expect(ids[3]?.split(':')[0]).not.toBe(ids[0]?.split(':')[0])
})

const only = createPolicy(
  [
    {
      Effect: 'Allow',
      Action: 'execute-api:Invoke',
      Resource: 'arn:aws:execute-api:*:*:local/$default/GET/*',
    },
  ],
  'a reader',
)

test.each<[string, Ask]>([
  ['is not signed', { sent: { headers: { authorization: undefined } } }],
  ['has another body', { sent: { body: '{"key":1}' } }],
  ['has another path', { sent: { path: '/uploads/other/presign' } }],
  [
    'has another query',
    { method: 'GET', path: '/uploads?limit=1', body: '', sent: { path: '/uploads?limit=2' } },
  ],
  ['is signed for S3', { service: 's3' }],
  ['is signed for another region', { region: 'eu-west-1' }],
  ['was signed 6 minutes ago', { now: new Date(Date.now() - 6 * 60_000) }],
  ['is signed with another secret', { credentials: { ...anna, secretAccessKey: 'x' } }],
  ['is signed by nobody known', { credentials: { accessKeyId: 'AKIANOBODY', secretAccessKey: 'x' } }],
  ['lacks the token', { sent: { headers: { 'x-amz-security-token': undefined } } }],
  ['is signed by a session that has ended', { credentials: sessions.assume(everything, { seconds: -1 }) }],
  ['is of somebody who may not', { credentials: sessions.assume(only) }],
])('a request that %s is forbidden', async (_, asked) => {
  const { url, events } = await open()
  expect(await ask(url, asked)).toEqual(FORBIDDEN)
  expect(events).toEqual([])
})

test('what a policy allows is allowed', async () => {
  const { url } = await open()
  const reader = sessions.assume(only)
  expect(await ask(url, { method: 'GET', path: '/uploads', body: '', credentials: reader })).toMatchObject({
    status: 200,
  })
})
