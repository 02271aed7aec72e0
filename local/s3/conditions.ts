import { S3Error } from './errors.ts'
import type { ObjectRecord } from './store/records.ts'

type Headers = ReadonlyMap<string, string>
type Version = Pick<ObjectRecord, 'etag' | 'lastModified'>

/**
 * What a GET or HEAD asks about the object before it wants to see it (RFC 9110, section 13.2.2).
 *
 * @returns Whether the client has this object already: 304.
 * @throws S3Error `PreconditionFailed`
 */
export function isNotModified(headers: Headers, version: Version): boolean {
  assertMatch(headers, version)
  const ifNoneMatch = headers.get('if-none-match')
  if (ifNoneMatch !== undefined) return names(ifNoneMatch, version)
  const since = parseDate(headers.get('if-modified-since'))
  return since !== undefined && seconds(version.lastModified) <= since
}

/**
 * What a PUT, or a CompleteMultipartUpload, asks about the object that it would replace.
 *
 * @throws S3Error `PreconditionFailed`, `NoSuchKey` for If-Match without an object, `NotImplemented`.
 */
export function assertReplaceable(headers: Headers, current: Version | undefined): void {
  const ifNoneMatch = headers.get('if-none-match')
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch !== '*') throw new S3Error('NotImplemented', undefined, { Header: 'If-None-Match' })
    if (current !== undefined) throw failed('If-None-Match')
  }
  const ifMatch = headers.get('if-match')
  if (ifMatch === undefined) return
  if (current === undefined) throw new S3Error('NoSuchKey')
  if (!names(ifMatch, current)) throw failed('If-Match')
}

/** Whether a Range counts, which `If-Range` may make depend on the object. */
export function isRangeCurrent(headers: Headers, version: Version): boolean {
  const ifRange = headers.get('if-range')
  if (ifRange === undefined) return true
  const date = parseDate(ifRange)
  return date === undefined ? names(ifRange, version) : seconds(version.lastModified) <= date
}

function assertMatch(headers: Headers, version: Version): void {
  const ifMatch = headers.get('if-match')
  if (ifMatch !== undefined) {
    if (!names(ifMatch, version)) throw failed('If-Match')
    return
  }
  const since = parseDate(headers.get('if-unmodified-since'))
  if (since !== undefined && seconds(version.lastModified) > since) throw failed('If-Unmodified-Since')
}

/** Whether a list of ETags, quoted or not, names the object. */
function names(list: string, { etag }: Version): boolean {
  return list.split(',').some((item) => {
    const name = item.trim().replace(/^W\//, '').replaceAll('"', '')
    return name === '*' || name === etag
  })
}

function failed(condition: string): S3Error {
  return new S3Error('PreconditionFailed', undefined, { Condition: condition })
}

/** @returns Seconds since 1970; `undefined` for what is no date, which HTTP ignores. */
function parseDate(text: string | undefined): number | undefined {
  const time = Date.parse(text ?? '')
  return Number.isNaN(time) || text?.startsWith('"') ? undefined : seconds(time)
}

/** HTTP dates know no smaller unit. */
function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000)
}
