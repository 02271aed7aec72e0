import { createHash } from 'node:crypto'
import { invalidArgument, S3Error } from './errors.ts'

type Headers = ReadonlyMap<string, string>

/**
 * How an object is to be kept: its class and its encryption. Nothing is encrypted or moved here; what was asked for comes back, and ETags
 * are none of the bytes' where S3's are none.
 */

const STORAGE_CLASS = 'x-amz-storage-class'
const DEFAULT_STORAGE_CLASS = 'STANDARD'
const STORAGE_CLASSES = [
  DEFAULT_STORAGE_CLASS,
  'DEEP_ARCHIVE',
  'GLACIER',
  'GLACIER_IR',
  'INTELLIGENT_TIERING',
  'ONEZONE_IA',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
]
const SSE = 'x-amz-server-side-encryption'
const KMS = 'aws:kms'
const KMS_ONLY = [`${SSE}-aws-kms-key-id`, `${SSE}-bucket-key-enabled`, `${SSE}-context`]
/** The context is never told again. */
const TOLD = [SSE, ...KMS_ONLY.slice(0, 2)]

/**
 * The headers of a PutObject or CreateMultipartUpload that come back with the object.
 *
 * @throws S3Error `InvalidStorageClass`, `InvalidArgument`
 */
export function keepingHeaders(headers: Headers): Record<string, string> {
  const storageClass = headers.get(STORAGE_CLASS) ?? DEFAULT_STORAGE_CLASS
  if (!STORAGE_CLASSES.includes(storageClass)) {
    throw new S3Error('InvalidStorageClass', undefined, { StorageClassRequested: storageClass })
  }
  assertEncryption(headers)
  return {
    ...(storageClass !== DEFAULT_STORAGE_CLASS && { [STORAGE_CLASS]: storageClass }),
    ...Object.fromEntries([...headers].filter(([name]) => TOLD.includes(name))),
  }
}

/** What the answers of a write say of an object's encryption. */
export function encryptionOf({
  headers,
}: {
  headers: Readonly<Record<string, string>>
}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => TOLD.includes(name)))
}

export function storageClassOf({ headers }: { headers: Readonly<Record<string, string>> }): string {
  return headers[STORAGE_CLASS] ?? DEFAULT_STORAGE_CLASS
}

/** Under SSE-KMS an ETag looks like an MD5 and is none. @param md5 of the bytes, in hex */
export function etagOf(md5: string, { headers }: { headers: Readonly<Record<string, string>> }): string {
  return headers[SSE] === KMS ? createHash('md5').update(`encrypted ${md5}`).digest('hex') : md5
}

function assertEncryption(headers: Headers): void {
  const sse = headers.get(SSE)
  if (sse !== undefined && sse !== 'AES256' && sse !== KMS) {
    throw invalidArgument(SSE, sse, 'The encryption method specified is not supported')
  }
  const kmsOnly = KMS_ONLY.find((name) => headers.has(name))
  if (kmsOnly === undefined || sse === KMS) return
  throw invalidArgument(
    kmsOnly,
    headers.get(kmsOnly) ?? '',
    `Server Side Encryption with AWS KMS managed key requires HTTP header ${SSE} : ${KMS}`,
  )
}
