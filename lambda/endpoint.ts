import middy from '@middy/core'
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import type { RequestOf, ResponseOf, Route } from '../protocol/routes.ts'
import { identifyCaller } from './caller.ts'
import { logRequest, noteUploadId, problemJson, serialise } from './middleware.ts'
import { parseRequest } from './parse-request.ts'

/** One operation of the API: its validated request and its caller in, its answer out; problems are thrown. */
export type Operation<R extends Route> = (input: RequestOf<R>, caller: string) => Promise<ResponseOf<R>>

/**
 * The Lambda handler of a route: parse, validate, identify the caller, run, serialise; errors become problem+json with the
 * request id, and every request one line in the log.
 */
export function endpoint<R extends Route>(route: R, operation: Operation<R>) {
  return middy<APIGatewayProxyEventV2, unknown>()
    .use(logRequest(route))
    .use(problemJson())
    .use(serialise(route))
    .use(noteUploadId())
    .handler(async (event: APIGatewayProxyEventV2) =>
      operation(parseRequest(route, event), route.public ? '' : identifyCaller(event)),
    )
}
