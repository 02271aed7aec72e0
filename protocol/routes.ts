import type * as v from 'valibot'
import { type Path, paths } from './paths.ts'
import * as schemas from './schemas.ts'

/**
 * The HTTP API, declared once: the handlers, the client, the CDK's routes, the local gateway and the role table derive from it.
 */
export interface Route extends Path {
  /** Also the name of the handler's file, `lambda/{name}.ts`. */
  readonly name: string
  /** Schemas of what the request carries in its path, its query and its JSON body; what a route does not list must be absent. */
  readonly request: {
    readonly path?: Schema
    readonly query?: Schema
    readonly body?: Schema
  }
  /** Absent where the answer has no body. */
  readonly response?: Schema
}

type Schema = v.GenericSchema<unknown, unknown>

export const routes = {
  describe: {
    name: 'describe',
    ...paths.describe,
    request: {},
    response: schemas.DescribeResponse,
  },
  initiate: {
    name: 'initiate',
    ...paths.initiate,
    request: { query: schemas.FormatQuery, body: schemas.InitiateRequest },
    response: schemas.InitiateResponse,
  },
  presign: {
    name: 'presign',
    ...paths.presign,
    request: { path: schemas.UploadPath, query: schemas.FormatQuery, body: schemas.PresignRequest },
    response: schemas.PresignResponse,
  },
  'list-parts': {
    name: 'list-parts',
    ...paths['list-parts'],
    request: { path: schemas.UploadPath, query: schemas.KeyQuery },
    response: schemas.ListPartsResponse,
  },
  complete: {
    name: 'complete',
    ...paths.complete,
    request: { path: schemas.UploadPath, body: schemas.CompleteRequest },
    response: schemas.CompleteResponse,
  },
  abort: {
    name: 'abort',
    ...paths.abort,
    request: { path: schemas.UploadPath, query: schemas.KeyQuery },
  },
  'list-uploads': {
    name: 'list-uploads',
    ...paths['list-uploads'],
    request: { query: schemas.ListUploadsQuery },
    response: schemas.ListUploadsResponse,
  },
  'list-objects': {
    name: 'list-objects',
    ...paths['list-objects'],
    request: { query: schemas.ListObjectsQuery },
    response: schemas.ListObjectsResponse,
  },
  download: {
    name: 'download',
    ...paths.download,
    request: { body: schemas.DownloadRequest },
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
