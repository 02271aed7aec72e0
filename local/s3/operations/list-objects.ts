import { MAX_LIST_PAGE } from '../../../protocol/limits.ts'
import { type Answer, type BucketCall, xmlAnswer } from '../call.ts'
import { keyEncoder, quoted, wholeNumber } from '../document.ts'
import { invalidArgument } from '../errors.ts'
import { storageClassOf } from '../keeping.ts'
import type { ObjectRecord } from '../store/records.ts'
import { keyOf, orderOf } from '../store/sorted-map.ts'
import { renderXml, type XmlContent } from '../xml.ts'
import { OWNER } from './buckets.ts'

/** Behind every key that begins with what stands before it: no UTF-8 has this byte. */
const PAST_ALL = '\xff'

interface Page {
  contents: ObjectRecord[]
  commonPrefixes: string[]
  /** The last key or prefix of the page, where more follow. */
  last: string | undefined
}

export async function listObjectsV2({ bucket, bucketName, query }: BucketCall): Promise<Answer> {
  const type = query.get('list-type') ?? ''
  if (type !== '2') throw invalidArgument('list-type', type, 'Invalid List Type specified in Request')
  const encode = keyEncoder(query)
  const token = query.get('continuation-token')
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter')
  const startAfter = query.get('start-after')
  const maxKeys = wholeNumber(query, 'max-keys', MAX_LIST_PAGE)
  const after = token === undefined ? startAfter : parseToken(token)
  const page = listPage(bucket.objects, { prefix, delimiter, after, limit: Math.min(maxKeys, MAX_LIST_PAGE) })
  return xmlAnswer(
    renderXml('ListBucketResult', {
      Name: bucketName,
      Prefix: encode(prefix),
      StartAfter: startAfter && encode(startAfter),
      ContinuationToken: token,
      NextContinuationToken: page.last && Buffer.from(page.last).toString('base64url'),
      KeyCount: page.contents.length + page.commonPrefixes.length,
      MaxKeys: maxKeys,
      Delimiter: delimiter && encode(delimiter),
      EncodingType: query.get('encoding-type'),
      IsTruncated: page.last !== undefined,
      Contents: page.contents.map((record) => ({
        Key: encode(record.key),
        ...describe(record),
        Owner: query.get('fetch-owner') === 'true' ? OWNER : undefined,
      })),
      CommonPrefixes: page.commonPrefixes.map((each) => ({ Prefix: encode(each) })),
    }),
  )
}

/** The first version of the listing, which older clients speak. */
export async function listObjects({ bucket, bucketName, query }: BucketCall): Promise<Answer> {
  const encode = keyEncoder(query)
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter')
  const marker = query.get('marker') ?? ''
  const maxKeys = wholeNumber(query, 'max-keys', MAX_LIST_PAGE)
  const limit = Math.min(maxKeys, MAX_LIST_PAGE)
  const page = listPage(bucket.objects, { prefix, delimiter, after: marker, limit })
  return xmlAnswer(
    renderXml('ListBucketResult', {
      Name: bucketName,
      Prefix: encode(prefix),
      Marker: encode(marker),
      NextMarker: page.last && delimiter && encode(page.last),
      MaxKeys: maxKeys,
      Delimiter: delimiter && encode(delimiter),
      EncodingType: query.get('encoding-type'),
      IsTruncated: page.last !== undefined,
      Contents: page.contents.map((record) => ({
        Key: encode(record.key),
        ...describe(record),
        Owner: OWNER,
      })),
      CommonPrefixes: page.commonPrefixes.map((each) => ({ Prefix: encode(each) })),
    }),
  )
}

function describe(record: ObjectRecord): Record<string, XmlContent> {
  return {
    LastModified: new Date(record.lastModified).toISOString(),
    ETag: quoted(record.etag),
    ChecksumAlgorithm: record.checksum?.algorithm,
    ChecksumType: record.checksum?.type,
    Size: record.size,
    StorageClass: storageClassOf(record),
  }
}

function listPage(
  objects: BucketCall['bucket']['objects'],
  asked: { prefix: string; delimiter: string | undefined; after: string | undefined; limit: number },
): Page {
  const prefix = orderOf(asked.prefix)
  const delimiter = orderOf(asked.delimiter ?? '')
  const page: Page = { contents: [], commonPrefixes: [], last: undefined }
  if (asked.limit === 0) return page
  let last = ''
  let from = startOrder(prefix, delimiter, asked.after)
  for (;;) {
    const entry = objects.seek(from)
    if (!entry?.order.startsWith(prefix)) return page
    if (page.contents.length + page.commonPrefixes.length === asked.limit) return { ...page, last }
    const common = commonPrefix(entry.order, prefix, delimiter)
    if (common === undefined) page.contents.push(entry.value)
    else page.commonPrefixes.push(keyOf(common))
    last = keyOf(common ?? entry.order)
    from = common === undefined ? `${entry.order}\0` : common + PAST_ALL
  }
}

/** Listing goes on behind a key, or behind all keys of a common prefix. */
function startOrder(prefix: string, delimiter: string, after: string | undefined): string {
  if (!after) return prefix
  const order = orderOf(after)
  const behind = commonPrefix(order, prefix, delimiter) === order ? order + PAST_ALL : `${order}\0`
  return behind > prefix ? behind : prefix
}

function commonPrefix(order: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '' || !order.startsWith(prefix)) return undefined
  const at = order.indexOf(delimiter, prefix.length)
  return at < 0 ? undefined : order.slice(0, at + delimiter.length)
}

function parseToken(token: string): string {
  const key = Buffer.from(token, 'base64url').toString('utf8')
  if (key !== '' && Buffer.from(key).toString('base64url') === token) return key
  throw invalidArgument('continuation-token', token, 'The continuation token provided is incorrect')
}
