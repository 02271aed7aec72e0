import type { IncomingMessage } from 'node:http'
import { type RouteName, routes } from '../../protocol/routes.ts'
import { TRY_HEADER } from './tagged-transport.ts'

/**
 * What a request asks for: an operation of the API, or what comes to the same straight to S3; `put` and `get` through a presigned URL; `other` is none of the client's, such as a
 * function's own call to S3, a preflight or the page.
 */
export type Operation = Exclude<RouteName, 'describe'> | 'put' | 'get' | 'other'

/** One request, as whoever plans its faults sees it. */
export interface Exchange {
  readonly operation: Operation
  /** Whether it is for S3, rather than for the API. */
  readonly forStore: boolean
  /** Of an upload in parts. */
  readonly partNumber: number | undefined
  readonly uploadId: string | undefined
  readonly key: string | undefined
  /** How many requests there have been for the same: 1 for the first. */
  readonly attempt: number
  /** Bytes of its body. */
  readonly size: number
  /** Of a part of an object that is fetched: the first byte, and the one after the last. */
  readonly range: readonly [number, number] | undefined
  /** What the client calls this try. */
  readonly name: string | undefined
}

const PATTERNS = Object.values(routes)
  .filter(({ name }) => name !== 'describe')
  .map(({ name, method, path }) => ({
    name: name as Exclude<RouteName, 'describe'>,
    method,
    pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '([^/]+)')}$`),
  }))

/** @param straight whether what is signed in its headers is the client's own, rather than a function's */
export function readExchange(
  { method = '', url = '', headers }: IncomingMessage,
  straight = false,
): Omit<Exchange, 'attempt'> {
  // A browser that speaks to a proxy names the origin, too.
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  const size = Number(headers['content-length'] ?? 0)
  const name = headers[TRY_HEADER]?.toString()
  const nothing = { partNumber: undefined, uploadId: undefined, key: undefined, range: undefined, size, name }
  const presigned = searchParams.has('X-Amz-Signature')
  const signed = headers.authorization?.startsWith('AWS4-') ?? false
  if (presigned || (signed && straight)) {
    const partNumber = searchParams.get('partNumber')
    return {
      operation: presigned ? ofPresigned(method) : ofSigned(method, searchParams),
      forStore: true,
      partNumber: partNumber === null ? undefined : Number(partNumber),
      uploadId: searchParams.get('uploadId') ?? undefined,
      key: decodeURIComponent(pathname.split('/').slice(2).join('/')),
      range: rangeOf(headers.range),
      size,
      name,
    }
  }
  if (signed) return { operation: 'other', forStore: true, ...nothing }
  for (const { name, method: expected, pattern } of PATTERNS) {
    const [match, uploadId] = (method === expected && pattern.exec(pathname)) || []
    if (match === undefined) continue
    return {
      ...nothing,
      operation: name,
      forStore: false,
      uploadId: uploadId && decodeURIComponent(uploadId),
      key: searchParams.get('key') ?? undefined,
    }
  }
  return { operation: 'other', forStore: false, ...nothing }
}

function ofPresigned(method: string): Operation {
  return method === 'PUT' ? 'put' : method === 'GET' ? 'get' : 'other'
}

function ofSigned(method: string, query: URLSearchParams): Operation {
  if (query.has('uploads')) return method === 'POST' ? 'initiate' : 'list-uploads'
  if (query.has('uploadId')) {
    return method === 'POST' ? 'complete' : method === 'DELETE' ? 'abort' : 'list-parts'
  }
  // What an object is, is asked for by HEAD.
  return method === 'HEAD' || method === 'GET' ? 'download' : 'other'
}

function rangeOf(header: string | undefined): [number, number] | undefined {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(header ?? '') ?? []
  return first === undefined ? undefined : [Number(first), Number(last) + 1]
}

/** `put 3 #2`: the second try to put part 3. */
export function describeExchange({
  operation,
  partNumber,
  attempt,
}: Pick<Exchange, 'operation' | 'partNumber' | 'attempt'>): string {
  return `${operation}${partNumber === undefined ? '' : ` ${partNumber}`} #${attempt}`
}
