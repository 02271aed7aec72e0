import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import type { Route } from '../../protocol/routes.ts'

/** A request as a test writes it. */
export interface Request {
  path?: Record<string, string>
  /** A raw query string. */
  query?: string
  /** Sent as JSON, or as it stands where it is a string. */
  body?: unknown
  authorizer?: object
}

export interface Answer {
  status: number
  body: unknown
}

type Handler = (event: APIGatewayProxyEventV2, context: Context) => Promise<unknown>

/** Calls a handler as the HTTP API does, with a payload 2.0 event, and reads its answer. */
export async function invoke(handler: Handler, route: Route, request: Request = {}): Promise<Answer> {
  const result = (await handler(event(route, request), context())) as APIGatewayProxyStructuredResultV2
  return { status: result.statusCode ?? 0, body: result.body && JSON.parse(result.body) }
}

function event(route: Route, { path, query = '', body, authorizer }: Request): APIGatewayProxyEventV2 {
  const rawPath = route.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(path?.[name] ?? ''))
  return {
    version: '2.0',
    routeKey: `${route.method} ${route.path}`,
    rawPath,
    rawQueryString: query,
    headers: { 'content-type': 'application/json' },
    ...(path && { pathParameters: path }),
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    isBase64Encoded: false,
    requestContext: {
      accountId: '000000000000',
      apiId: 'api',
      domainName: 'localhost',
      domainPrefix: 'localhost',
      http: {
        method: route.method,
        path: rawPath,
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: 'test',
      },
      requestId: 'request-1',
      routeKey: `${route.method} ${route.path}`,
      stage: '$default',
      time: '21/Nov/2026:01:34:25 +0000',
      timeEpoch: 1_795_224_865_000,
      ...(authorizer && { authorizer }),
    } as APIGatewayProxyEventV2['requestContext'],
  }
}

function context(): Context {
  return { awsRequestId: 'invocation-1', getRemainingTimeInMillis: () => 30_000 } as Context
}
