import { MAX_USER_METADATA_BYTES } from '../../protocol/limits.ts'
import { checksumHeader } from './checksum.ts'
import { quoted } from './document.ts'
import { invalidArgument, notImplemented, S3Error } from './errors.ts'
import { keepingHeaders } from './keeping.ts'
import type { ObjectRecord } from './store/records.ts'
import { tagCount } from './tags.ts'

type Headers = ReadonlyMap<string, string>

const KEPT = ['cache-control', 'content-disposition', 'content-language', 'content-type', 'expires']
const OVERRIDES = [...KEPT, 'content-encoding']
const METADATA = 'x-amz-meta-'
const DEFAULT_CONTENT_TYPE = 'binary/octet-stream'

/** Headers that ask for more than this endpoint has, and the values that ask for nothing. */
const UNSUPPORTED: Record<string, readonly string[]> = {
  'x-amz-acl': ['private', 'bucket-owner-full-control'],
  'x-amz-bucket-object-lock-enabled': ['false'],
  'x-amz-copy-source': [],
  'x-amz-grant-full-control': [],
  'x-amz-grant-read': [],
  'x-amz-grant-read-acp': [],
  'x-amz-grant-write': [],
  'x-amz-grant-write-acp': [],
  'x-amz-object-lock-legal-hold': ['OFF'],
  'x-amz-object-lock-mode': [],
  'x-amz-object-lock-retain-until-date': [],
  'x-amz-rename-source': [],
  'x-amz-server-side-encryption-customer-algorithm': [],
  'x-amz-website-redirect-location': [],
  'x-amz-write-offset-bytes': [],
}

/** @throws S3Error `NotImplemented` */
export function assertSupported(headers: Headers): void {
  for (const [name, harmless] of Object.entries(UNSUPPORTED)) {
    const value = headers.get(name)
    if (value !== undefined && !harmless.includes(value)) throw notImplemented(name)
  }
}

/**
 * The headers of a PutObject or CreateMultipartUpload that come back with the object.
 *
 * @throws S3Error `MetadataTooLarge`, and what {@link keepingHeaders} does
 */
export function objectHeaders(headers: Headers): Record<string, string> {
  const metadata = [...headers].filter(([name]) => name.startsWith(METADATA))
  const bytes = metadata.reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) - METADATA.length + Buffer.byteLength(value),
    0,
  )
  if (bytes > MAX_USER_METADATA_BYTES) {
    throw new S3Error('MetadataTooLarge', undefined, {
      Size: bytes,
      MaxSizeAllowed: MAX_USER_METADATA_BYTES,
    })
  }
  const encoding = contentEncoding(headers)
  return {
    'content-type': DEFAULT_CONTENT_TYPE,
    ...Object.fromEntries([...headers].filter(([name, value]) => KEPT.includes(name) && value !== '')),
    ...(encoding !== '' && { 'content-encoding': encoding }),
    ...Object.fromEntries(metadata),
    ...keepingHeaders(headers),
  }
}

/** What a GET or HEAD says about an object, apart from its length. */
export function describeObject(record: ObjectRecord): Record<string, string> {
  return {
    ...record.headers,
    etag: quoted(record.etag),
    'last-modified': new Date(record.lastModified).toUTCString(),
    'accept-ranges': 'bytes',
    ...tagCount(record),
  }
}

export function describeChecksum({ checksum }: Pick<ObjectRecord, 'checksum'>): Record<string, string> {
  if (checksum === undefined) return {}
  return { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type }
}

/**
 * The headers that `response-content-type` and its like put in the place of the object's.
 *
 * @throws S3Error `InvalidArgument` for a value that no header can hold.
 */
export function responseOverrides(query: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries(
    OVERRIDES.flatMap((header) => {
      const value = query.get(`response-${header}`)
      if (value === undefined) return []
      if (/\p{Cc}/u.test(value)) {
        throw invalidArgument(`response-${header}`, value, 'Header value cannot be represented')
      }
      return [[header, value]]
    }),
  )
}

/** `aws-chunked` is the request's own encoding and no property of the object. */
function contentEncoding(headers: Headers): string {
  return (headers.get('content-encoding') ?? '')
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding.toLowerCase() !== 'aws-chunked')
    .join(',')
}
