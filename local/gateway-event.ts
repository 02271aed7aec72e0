import type { IncomingMessage } from 'node:http'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import type { Match } from './gateway-routes.ts'
import type { IamContext } from './iam-authorizer.ts'
import { ACCOUNT_ID } from './intrinsics.ts'
import type { JwtContext } from './jwt-authorizer.ts'

export interface EventContext {
  apiId: string
  requestId: string
  time: Date
  /** Of the token, or of the signature, that the authorizer took. */
  authorizer?: { jwt: JwtContext } | { iam: IamContext } | undefined
}

/** Observed on AWS: bodies of these types arrive as text, any other type, or none, as base64. */
const TEXT_TYPES = /^(text\/.*|application\/(json|xml|javascript))$/

/**
 * The event of an HTTP API in payload format 2.0.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function createEvent(
  request: IncomingMessage,
  { route, pathParameters }: Match,
  body: Buffer,
  { apiId, requestId, time, authorizer }: EventContext,
): APIGatewayProxyEventV2 {
  const { method = '', url = '/', httpVersion, socket } = request
  const [path = '', rawQueryString = ''] = splitOnce(url, '?')
  // AWS hands the path over decoded, "raw" notwithstanding.
  const rawPath = decodeURIComponent(path)
  const headers = joinHeaders(request)
  const query = joinQuery(rawQueryString)
  const cookies = request.headersDistinct.cookie?.flatMap((header) => header.split(/; */))
  const routeKey = `${route.method} ${route.path}`
  const isText = TEXT_TYPES.test((headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '')
  const sourceIp = socket.remoteAddress ?? ''
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString,
    ...(cookies && { cookies }),
    headers: {
      ...headers,
      'x-amzn-trace-id': `Root=1-${Math.floor(time.getTime() / 1000).toString(16)}-${requestId.replaceAll('-', '').slice(0, 24)}`,
      'x-forwarded-for': sourceIp,
      'x-forwarded-port': String(socket.localPort),
      'x-forwarded-proto': 'http',
    },
    ...(rawQueryString !== '' && { queryStringParameters: query }),
    requestContext: {
      accountId: ACCOUNT_ID,
      apiId,
      ...(authorizer && { authorizer }),
      domainName: splitOnce(headers.host ?? '', ':')[0],
      domainPrefix: apiId,
      http: {
        method,
        path: rawPath,
        protocol: `HTTP/${httpVersion}`,
        sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId,
      routeKey,
      stage: '$default',
      time: commonLogTime(time),
      timeEpoch: time.getTime(),
    },
    ...(Object.keys(pathParameters).length > 0 && { pathParameters }),
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  }
}

/** Lower-case names; what came more than once is joined with commas; cookies travel apart. */
function joinHeaders({ headersDistinct }: IncomingMessage): Record<string, string> {
  const { cookie, ...headers } = headersDistinct
  return Object.fromEntries(Object.entries(headers).map(([name, values = []]) => [name, values.join(',')]))
}

function joinQuery(query: string): Record<string, string> {
  const joined: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(query)) {
    joined[name] = Object.hasOwn(joined, name) ? `${joined[name]},${value}` : value
  }
  return joined
}

/** @returns e.g. `21/Nov/2026:01:34:25 +0000` */
function commonLogTime(time: Date): string {
  const [, day, month, year, clock] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(time.toUTCString()) ?? []
  return `${day}/${month}/${year}:${clock} +0000`
}

function splitOnce(text: string, separator: string): [string, string] {
  const index = text.indexOf(separator)
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + separator.length)]
}
