import type { IncomingMessage, ServerResponse } from 'node:http'
import { uriEncode } from '../../signing/sigv4.ts'
import { S3Error } from './errors.ts'

/** A request as S3 reads it, before anybody has checked who sent it. */
export interface S3Request {
  method: string
  /** The path as sent. */
  resource: string
  requestId: string
  hostId: string
  /** The path as SigV4 canonicalises it: each segment decoded and encoded again. */
  canonicalPath: string
  bucket: string | undefined
  key: string | undefined
  /** Decoded, in the order sent. */
  queryList: readonly (readonly [name: string, value: string])[]
  /** The first value of each name. */
  query: ReadonlyMap<string, string>
  /** Lower-case names; the values of a repeated header joined with a comma. */
  headers: ReadonlyMap<string, string>
  incoming: IncomingMessage
  /** Asks a client that waits for it (`Expect: 100-continue`) to send the body. */
  proceed(): void
}

/** @throws S3Error `InvalidURI` where the path or the query is no percent-encoded UTF-8. */
export function parseRequest(
  incoming: IncomingMessage,
  response: ServerResponse,
  ids: Pick<S3Request, 'requestId' | 'hostId'>,
): S3Request {
  const [rawPath = '/', ...rest] = (incoming.url ?? '/').split('?')
  const segments = pathOf(rawPath)
    .split('/')
    .slice(1)
    .map((segment) => decode(segment))
  const headers = readHeaders(incoming.rawHeaders)
  const queryList = parseQuery(rest.join('?'))
  const virtual = virtualHostBucket(headers.get('host'))
  const [bucket, ...keySegments] = virtual === undefined ? segments : [virtual, ...segments]
  const key = keySegments.join('/')
  return {
    ...ids,
    resource: rawPath,
    method: incoming.method ?? 'GET',
    canonicalPath: `/${segments.map(uriEncode).join('/')}`,
    bucket: bucket === '' ? undefined : bucket,
    key: key === '' ? undefined : key,
    queryList,
    query: new Map([...queryList].reverse()),
    headers,
    incoming,
    proceed: () => {
      if (headers.get('expect')?.toLowerCase() !== '100-continue') return
      response.removeHeader('connection')
      response.writeContinue()
    },
  }
}

/** A proxy's request names the whole URL. */
function pathOf(target: string): string {
  const path = target.replace(/^https?:\/\/[^/]*/i, '')
  return path.startsWith('/') ? path : `/${path}`
}

function parseQuery(text: string): [name: string, value: string][] {
  return text
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name = '', ...value] = pair.split('=')
      return [decode(name.replaceAll('+', ' ')), decode(value.join('=').replaceAll('+', ' '))]
    })
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new S3Error('InvalidURI')
  }
}

function readHeaders(raw: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>()
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase()
    // Node reads headers as Latin-1, S3's clients write and sign UTF-8.
    const value = Buffer.from(raw[at + 1] ?? '', 'latin1').toString('utf8')
    const before = headers.get(name)
    headers.set(name, before === undefined ? value : `${before},${value}`)
  }
  return headers
}

/** `bucket.localhost:8081` names the bucket in the host; every other host is path style. */
function virtualHostBucket(host: string | undefined): string | undefined {
  return /^(.+)\.localhost(?::\d+)?$/i.exec(host ?? '')?.[1]
}
