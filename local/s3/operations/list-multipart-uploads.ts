import { MAX_LIST_PAGE } from '../../../protocol/limits.ts'
import { type Answer, type BucketCall, xmlAnswer } from '../call.ts'
import { keyEncoder, wholeNumber } from '../document.ts'
import { storageClassOf } from '../keeping.ts'
import { orderOf } from '../store/sorted-map.ts'
import type { Upload } from '../store/uploads.ts'
import { renderXml } from '../xml.ts'
import { OWNER } from './buckets.ts'

/** One line of the listing: an upload, or the common prefix of several. */
type Entry = { upload: Upload; prefix?: never } | { upload?: never; prefix: string }

export async function listMultipartUploads({ bucket, bucketName, query }: BucketCall): Promise<Answer> {
  const encode = keyEncoder(query)
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') ?? ''
  const keyMarker = query.get('key-marker') ?? ''
  // S3 ignores it without a key marker.
  const uploadIdMarker = keyMarker === '' ? '' : (query.get('upload-id-marker') ?? '')
  const maxUploads = wholeNumber(query, 'max-uploads', MAX_LIST_PAGE)
  const matching = bucket.uploads
    .all()
    .filter(({ key }) => key.startsWith(prefix))
    .filter((upload) => isBehind(upload, keyMarker, uploadIdMarker))
    .sort((a, b) => compare(orderOf(a.key), orderOf(b.key)) || compare(a.uploadId, b.uploadId))
  const entries = group(matching, prefix, delimiter).filter((entry) => entry.prefix !== keyMarker)
  const page = entries.slice(0, Math.min(maxUploads, MAX_LIST_PAGE))
  const last = page.length < entries.length ? page.at(-1) : undefined
  return xmlAnswer(
    renderXml('ListMultipartUploadsResult', {
      Bucket: bucketName,
      EncodingType: query.get('encoding-type'),
      KeyMarker: encode(keyMarker),
      UploadIdMarker: uploadIdMarker,
      NextKeyMarker: encode(last?.upload?.key ?? last?.prefix ?? ''),
      NextUploadIdMarker: last?.upload?.uploadId ?? '',
      Delimiter: delimiter && encode(delimiter),
      Prefix: encode(prefix),
      MaxUploads: maxUploads,
      IsTruncated: last !== undefined,
      Upload: page.flatMap(({ upload }) => (upload ? [describe(upload, encode)] : [])),
      CommonPrefixes: page.flatMap((entry) => (entry.prefix ? [{ Prefix: encode(entry.prefix) }] : [])),
    }),
  )
}

/** A key marker alone leaves its key out; with an upload id, that key's later uploads follow. */
function isBehind({ key, uploadId }: Upload, keyMarker: string, uploadIdMarker: string): boolean {
  const order = compare(orderOf(key), orderOf(keyMarker))
  return order > 0 || (order === 0 && uploadIdMarker !== '' && uploadId > uploadIdMarker)
}

/** Uploads with the delimiter behind the prefix become one entry for each common prefix. */
function group(uploads: Upload[], prefix: string, delimiter: string): Entry[] {
  const entries: Entry[] = []
  for (const upload of uploads) {
    const at = delimiter === '' ? -1 : upload.key.indexOf(delimiter, prefix.length)
    const common = at < 0 ? undefined : upload.key.slice(0, at + delimiter.length)
    if (common === undefined) entries.push({ upload })
    else if (entries.at(-1)?.prefix !== common) entries.push({ prefix: common })
  }
  return entries
}

function describe(upload: Upload, encode: (key: string) => string) {
  return {
    Key: encode(upload.key),
    UploadId: upload.uploadId,
    Initiator: OWNER,
    Owner: OWNER,
    StorageClass: storageClassOf(upload),
    Initiated: new Date(upload.initiated).toISOString(),
    ChecksumAlgorithm: upload.checksum?.algorithm,
    ChecksumType: upload.checksum?.type,
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
