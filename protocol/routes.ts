import type * as v from 'valibot'
import * as schemas from './schemas.ts'

/**
 * The HTTP API, declared once: the handlers, the client, the CDK's routes, the local gateway and the role table derive from it.
 */
export interface Route {
  /** Also the name of the handler's file, `lambda/{name}.ts`. */
  readonly name: string
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** With parameters in braces, as API Gateway writes them. */
  readonly path: string
  /** Answered without authorization. */
  readonly public?: boolean
  /** Schemas of what the request carries in its path, its query and its JSON body; what a route does not list must be absent. */
  readonly request: {
    readonly path?: Schema
    readonly query?: Schema
    readonly body?: Schema
  }
  readonly status: number
  /** Absent where the answer has no body. */
  readonly response?: Schema
}

type Schema = v.GenericSchema<unknown, unknown>

export const routes = {
  describe: {
    name: 'describe',
    method: 'GET',
    path: '/',
    public: true,
    request: {},
    status: 200,
    response: schemas.DescribeResponse,
  },
  initiate: {
    name: 'initiate',
    method: 'POST',
    path: '/uploads',
    request: { query: schemas.FormatQuery, body: schemas.InitiateRequest },
    status: 201,
    response: schemas.InitiateResponse,
  },
  presign: {
    name: 'presign',
    method: 'POST',
    path: '/uploads/{uploadId}/presign',
    request: { path: schemas.UploadPath, query: schemas.FormatQuery, body: schemas.PresignRequest },
    status: 200,
    response: schemas.PresignResponse,
  },
  'list-parts': {
    name: 'list-parts',
    method: 'GET',
    path: '/uploads/{uploadId}/parts',
    request: { path: schemas.UploadPath, query: schemas.KeyQuery },
    status: 200,
    response: schemas.ListPartsResponse,
  },
  complete: {
    name: 'complete',
    method: 'POST',
    path: '/uploads/{uploadId}/complete',
    request: { path: schemas.UploadPath, body: schemas.CompleteRequest },
    status: 200,
    response: schemas.CompleteResponse,
  },
  abort: {
    name: 'abort',
    method: 'DELETE',
    path: '/uploads/{uploadId}',
    request: { path: schemas.UploadPath, query: schemas.KeyQuery },
    status: 204,
  },
  'list-uploads': {
    name: 'list-uploads',
    method: 'GET',
    path: '/uploads',
    request: { query: schemas.ListUploadsQuery },
    status: 200,
    response: schemas.ListUploadsResponse,
  },
  'list-objects': {
    name: 'list-objects',
    method: 'GET',
    path: '/objects',
    request: { query: schemas.ListObjectsQuery },
    status: 200,
    response: schemas.ListObjectsResponse,
  },
  download: {
    name: 'download',
    method: 'POST',
    path: '/downloads',
    request: { body: schemas.DownloadRequest },
    status: 200,
    response: schemas.DownloadResponse,
  },
} as const satisfies Record<string, Route>

export type Routes = typeof routes
export type RouteName = keyof Routes

type Input<S> = S extends Schema ? v.InferOutput<S> : unknown
/** What a handler is given: path parameters, query and body of a route, validated and in one object. */
export type RequestOf<R extends Route> = Input<R['request']['path']> &
  Input<R['request']['query']> &
  Input<R['request']['body']>
/** What a handler returns, and a client receives. */
export type ResponseOf<R extends Route> = R['response'] extends Schema
  ? v.InferOutput<R['response']>
  : undefined
