import type { Body } from './body.ts'
import type { Principal } from './principal.ts'
import type { S3Request } from './request.ts'
import type { Bucket } from './store/bucket.ts'
import type { Store } from './store/store.ts'

/** What the operations need to know of the endpoint. */
export interface Endpoint {
  store: Store
  region: string
  findPrincipal(accessKeyId: string): Principal | undefined
  lifecycleDayMs: number
  completeDelayMs: number
  /** By which names it may be asked, besides those of loopback. */
  hosts: readonly string[]
  /** Aborted when the server closes. */
  closing: AbortSignal
  now(): Date
}

/** A request whose signature holds and whose principal may do what it asks. */
export interface ServiceCall {
  endpoint: Endpoint
  request: S3Request
  principal: Principal
  /** Its own headers, and those that a presigned URL carries in its query. */
  headers: ReadonlyMap<string, string>
  query: ReadonlyMap<string, string>
  /** Opens the body, which nobody has asked the client for yet. */
  body(): Body
}

export interface NewBucketCall extends ServiceCall {
  bucketName: string
}

export interface BucketCall extends NewBucketCall {
  bucket: Bucket
}

export interface ObjectCall extends BucketCall {
  key: string
}

export interface Answer {
  status: number
  headers?: Record<string, string | undefined>
  /** Absent: an empty body. */
  body?: string | AnswerStream
}

/** A body that is produced while it is sent. */
export interface AnswerStream {
  /** In bytes; `undefined` sends it in chunks. */
  length: number | undefined
  chunks: AsyncIterable<Buffer | string>
  /** Runs when it is sent, or will never be. */
  release(): void
}

export function xmlAnswer(document: string, headers: Record<string, string | undefined> = {}): Answer {
  return { status: 200, headers: { 'content-type': 'application/xml', ...headers }, body: document }
}
