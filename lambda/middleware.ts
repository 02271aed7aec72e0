import type { MiddlewareObj } from '@middy/core'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import { ProblemError } from '../protocol/problems.ts'
import type { Route } from '../protocol/routes.ts'
import { log } from './log.ts'

/** What middlewares tell each other. */
type Notes = {
  /** The upload that was made. */
  uploadId?: string | undefined
}

type Middleware = MiddlewareObj<APIGatewayProxyEventV2, unknown, Error, Context, Notes>

/** What an operation returns, as JSON with its route's status. Answers carry signatures: no cache keeps them. */
export function serialise(route: Route): Middleware {
  return {
    after: (request) => {
      request.response =
        route.response === undefined
          ? { statusCode: route.status }
          : json(route.status, 'application/json', request.response)
    },
  }
}

/** Errors as RFC 9457 problems. A 4xx explains itself; a 5xx is logged, and says no more than its request id. */
export function problemJson(): Middleware {
  return {
    onError: (request) => {
      const { error, event } = request
      const { requestId } = event.requestContext
      const problem =
        error instanceof ProblemError
          ? error
          : new ProblemError(
              'internal-error',
              'Ask again; if it stays, report the request id.',
              {},
              { cause: error },
            )
      if (problem.status >= 500) log.error({ requestId, uploadId: uploadIdOf(request) }, problem)
      request.response = json(
        problem.status,
        'application/problem+json',
        problem.toBody(requestId),
        problem.status === 503 ? { 'retry-after': '1' } : {},
      )
    },
  }
}

/** One line a request: what was asked, how it went and how long it took; no URL, query, body or header. */
export function logRequest(route: Route): Middleware {
  const started = new WeakMap<object, number>()
  const finish: Middleware['after'] = (request) => {
    const { event, context, response } = request
    log.request(event.requestContext.requestId, {
      lambdaRequestId: context.awsRequestId,
      route: route.name,
      uploadId: uploadIdOf(request),
      status: (response as APIGatewayProxyStructuredResultV2 | undefined)?.statusCode,
      durationMs: Math.round(performance.now() - (started.get(context) ?? performance.now())),
    })
  }
  return {
    before: ({ context }) => {
      started.set(context, performance.now())
    },
    after: finish,
    onError: finish,
  }
}

/** Notes for the log which upload `initiate` made. Every other operation has it in its path. */
export function noteUploadId(): Middleware {
  return {
    after: ({ internal, response }) => {
      internal.uploadId = (response as { uploadId?: string } | undefined)?.uploadId
    },
  }
}

function uploadIdOf({
  event,
  internal,
}: Parameters<NonNullable<Middleware['after']>>[0]): string | undefined {
  return event.pathParameters?.uploadId ?? internal.uploadId
}

function json(
  statusCode: number,
  contentType: string,
  body: unknown,
  headers: Record<string, string> = {},
): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode,
    headers: { 'content-type': contentType, 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(body),
  }
}
