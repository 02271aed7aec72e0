import { MAX_KEY_BYTES } from '../../protocol/limits.ts'
import { type Authentication, authenticate } from './auth.ts'
import { assertAllowed } from './authorize.ts'
import { openBody } from './body.ts'
import type { Answer, Endpoint, ServiceCall } from './call.ts'
import { preflight } from './cors-match.ts'
import { notImplemented, S3Error } from './errors.ts'
import {
  bucketOperations,
  createBucketOperation,
  type Operation,
  objectOperations,
  serviceOperations,
} from './operations.ts'
import type { S3Request } from './request.ts'

/** Query parameters of the signature and of the SDKs, which belong to no operation. */
const COMMON = /^(x-amz-.*|x-id)$/i
/** Hoisted into a presigned URL's query, S3 takes these no more for what they were as headers. */
const NOT_HOISTED = /^x-amz-(checksum-(?!mode$)|sdk-checksum-)/

/**
 * Answers a request.
 *
 * @throws S3Error Whatever S3 says where it refuses one.
 */
export async function route(endpoint: Endpoint, request: S3Request): Promise<Answer> {
  const { bucket: bucketName, headers, key } = request
  if (request.method === 'OPTIONS') {
    const rules = bucketName === undefined ? undefined : endpoint.store.find(bucketName)?.record.cors
    return { status: 200, headers: preflight(rules, headers, key === undefined) }
  }
  const authentication = authenticate(request, endpoint)
  const call = serviceCall(endpoint, request, authentication)
  if (bucketName === undefined) {
    const operation = select(serviceOperations, call)
    authorize(call, operation)
    return operation.run(call)
  }
  if (key === undefined) {
    const operation = select([...bucketOperations, createBucketOperation], call)
    authorize(call, operation, bucketName)
    if (operation === createBucketOperation) return createBucketOperation.run({ ...call, bucketName })
    return operation.run({ ...call, bucketName, bucket: endpoint.store.get(bucketName) })
  }
  assertKey(key)
  const operation = select(objectOperations, call)
  authorize(call, operation, bucketName, key)
  return operation.run({ ...call, bucketName, key, bucket: endpoint.store.get(bucketName) })
}

function serviceCall(endpoint: Endpoint, request: S3Request, authentication: Authentication): ServiceCall {
  const hoisted =
    authentication.credential.expiresSeconds === undefined
      ? []
      : request.queryList
          .map(([name, value]) => [name.toLowerCase(), value] as const)
          .filter(([name]) => name.startsWith('x-amz-') && !NOT_HOISTED.test(name))
  return {
    endpoint,
    request,
    principal: authentication.principal,
    headers: new Map([...hoisted, ...request.headers]),
    query: request.query,
    body: () => openBody(request, authentication),
  }
}

/** @throws S3Error `NotImplemented` for parameters that belong to no operation here, `MethodNotAllowed`. */
function select<Call>(operations: readonly Operation<Call>[], { request }: ServiceCall): Operation<Call> {
  const names = [...request.query.keys()].filter((name) => !COMMON.test(name))
  const ofMethod = operations.filter(({ method }) => method === request.method)
  const [operation] = ofMethod
    .filter(({ needs }) => needs.every((name) => names.includes(name)))
    .sort((a, b) => b.needs.length - a.needs.length)
  const unknown = names.find((name) => !operation?.needs.includes(name) && !operation?.takes.includes(name))
  if (unknown !== undefined) throw notImplemented(`?${unknown}`)
  if (operation !== undefined) return operation
  throw new S3Error('MethodNotAllowed', undefined, {
    Method: request.method,
    ResourceType: request.bucket === undefined ? 'SERVICE' : request.key === undefined ? 'BUCKET' : 'OBJECT',
  })
}

function authorize(
  { principal, query }: ServiceCall,
  { action }: Pick<Operation<never>, 'action'>,
  bucketName?: string,
  key?: string,
): void {
  if (action !== undefined) assertAllowed(principal, action, bucketName, key, query.get('prefix'))
}

function assertKey(key: string): void {
  const size = Buffer.byteLength(key)
  if (size <= MAX_KEY_BYTES) return
  throw new S3Error('KeyTooLongError', undefined, { Size: size, MaxSizeAllowed: MAX_KEY_BYTES })
}
