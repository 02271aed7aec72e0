import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { finished } from 'node:stream/promises'
import { GATEWAY_MAX_BODY_BYTES, GATEWAY_TIMEOUT_MS } from '../protocol/limits.ts'
import { type Answer, gatewayError, readAnswer, unauthorized } from './gateway-answer.ts'
import { createCors } from './gateway-cors.ts'
import { createEvent, type EventContext } from './gateway-event.ts'
import { createRouter, type Match } from './gateway-routes.ts'
import { createIamAuthorizer, SignatureRefused } from './iam-authorizer.ts'
import { createJwtAuthorizer, TokenRefused } from './jwt-authorizer.ts'
import { type LambdaFunction, RequestTooLarge } from './lambda-runtime.ts'
import type { Principal } from './s3/principal.ts'
import type { ApiDescription, RouteDescription } from './template.ts'
import { createThrottle } from './throttle.ts'

export interface GatewayOptions {
  api: ApiDescription
  /** By function name. */
  functions: ReadonlyMap<string, Pick<LambdaFunction, 'invoke'>>
  log: (line: string) => void
  /** Who may sign requests, where routes ask for IAM's authorization. @default nobody */
  findPrincipal?(accessKeyId: string): Principal | undefined
  /** How long a function may take to answer. Default: an HTTP API's 30 s. */
  timeoutMs?: number | undefined
}

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const MAX_HEADER_BYTES = 10_240

/**
 * An HTTP API: routes requests to functions, and keeps AWS's limits and error bodies.
 *
 * @throws where a route asks for an authorization that is not served here
 */
export function createGateway({
  api,
  functions,
  log,
  findPrincipal = () => undefined,
  timeoutMs = GATEWAY_TIMEOUT_MS,
}: GatewayOptions): RequestListener {
  refuseAuthorization(api)
  const findRoute = createRouter(api.routes)
  const cors = api.cors && createCors(api.cors)
  const authorizers = new Map(
    api.routes.flatMap((route) => (route.jwt ? [[route, createJwtAuthorizer(route.jwt)] as const] : [])),
  )
  const authorizeIam = createIamAuthorizer({ apiId: api.id, findPrincipal })
  const throttles = new Map(api.routes.map((route) => [route, createThrottle(api.throttling)]))

  async function answer(request: IncomingMessage, requestId: string): Promise<Answer> {
    if (headerBytes(request) > MAX_HEADER_BYTES) return gatewayError(431)
    const match = findRoute(request.method ?? '', pathOf(request))
    if (match === undefined) return gatewayError(404)
    if (throttles.get(match.route)?.() === false) return gatewayError(429)
    const jwt = await authorizers.get(match.route)?.(request.headers.authorization)
    const body = await readBody(request)
    if (body === undefined) return gatewayError(413)
    const iam = match.route.authorization === 'AWS_IAM' && authorizeIam(request, body)
    const authorizer = iam ? { iam } : jwt && { jwt }
    return integrate(request, match, body, { requestId, authorizer })
  }

  async function integrate(
    request: IncomingMessage,
    match: Match,
    body: Buffer,
    context: Pick<EventContext, 'requestId' | 'authorizer'>,
  ): Promise<Answer> {
    const event = createEvent(request, match, body, { apiId: api.id, time: new Date(), ...context })
    const { functionName, timeoutMs: own = timeoutMs } = match.route
    const invocation = functions.get(functionName)?.invoke(JSON.stringify(event))
    const outcome = await withinTime(invocation, Math.min(own, timeoutMs))
    if (outcome === 'late') return gatewayError(503)
    const read = outcome && 'payload' in outcome ? readAnswer(outcome.payload) : undefined
    return read ?? gatewayError(500)
  }

  async function respond(request: IncomingMessage, requestId: string): Promise<Answer> {
    const { method, headers } = request
    if (cors && method === 'OPTIONS') return cors.preflight(headers.origin)
    const plain = await answer(request, requestId).catch((error: unknown) => errorAnswer(error, log))
    return cors ? cors.apply(plain, headers.origin) : plain
  }

  return async (request, response) => {
    const requestId = randomUUID()
    const { status, headers, body } = await respond(request, requestId)
    // What was not read of a refused body still arrives: answering before its end would cut the client off while it sends.
    await finished(request.resume()).catch(() => {})
    for (const [name, value] of headers) response.appendHeader(name, value)
    response.setHeader('apigw-requestid', requestId)
    if (status !== 204) response.setHeader('content-length', body.length)
    response.writeHead(status).end(status === 204 ? undefined : body)
  }
}

function refuseAuthorization({ routes }: ApiDescription): void {
  const isServed = ({ authorization, jwt }: RouteDescription) =>
    authorization === 'NONE' || authorization === 'AWS_IAM' || jwt !== undefined
  const guarded = routes.find((route) => !isServed(route))
  if (guarded === undefined) return
  throw new Error(
    `Expected routes without authorization or with that of a JWT or of IAM, got ${guarded.authorization} at ${guarded.method} ` +
      `${guarded.path}: the local AWS runs auth none, jwt and iam. Synthesise the stack with one of these, or deploy it to AWS.`,
  )
}

/** The request line and the headers, as they came over the wire. */
function headerBytes({ method, url, httpVersion, rawHeaders }: IncomingMessage): number {
  const separators = rawHeaders.length * 2
  return (
    Buffer.byteLength(`${method} ${url} HTTP/${httpVersion}\r\n${rawHeaders.join('')}`, 'latin1') + separators
  )
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '/'
}

/** @returns undefined where it is too large */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length
    if (size > GATEWAY_MAX_BODY_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The function runs on where nobody waits for it any more. */
async function withinTime<T>(work: Promise<T> | undefined, ms: number): Promise<T | undefined | 'late'> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, ms, 'late')
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

function errorAnswer(error: unknown, log: (line: string) => void): Answer {
  if (error instanceof URIError) return gatewayError(400)
  if (error instanceof TokenRefused) return unauthorized(error.message)
  if (error instanceof SignatureRefused) return gatewayError(403)
  if (error instanceof RequestTooLarge) return gatewayError(413)
  if (error instanceof Error && 'code' in error && error.code === 'ECONNRESET') return gatewayError(400)
  log(`[gateway] ${error instanceof Error ? error.stack : error}`)
  return gatewayError(500)
}
