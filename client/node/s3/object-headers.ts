import {
  MAX_OBJECT_HEADER_BYTES,
  MAX_TAG_KEY_LENGTH,
  MAX_TAG_VALUE_LENGTH,
  MAX_TAGS,
} from '../../../protocol/limits.ts'

/** What an object is to have besides its bytes, its content type and its metadata. An upload that goes on keeps what it was begun with. */
export interface ObjectHeaders {
  /** As in `max-age=3600`. */
  readonly cacheControl?: string | undefined
  /** As in `attachment; filename="film.mov"`. */
  readonly contentDisposition?: string | undefined
  /** As in `gzip`: what the bytes are encoded in already. */
  readonly contentEncoding?: string | undefined
  readonly contentLanguage?: string | undefined
  /** As in `INTELLIGENT_TIERING`. @default the store's, STANDARD */
  readonly storageClass?: string | undefined
  /** @default the bucket's */
  readonly sse?: 'AES256' | 'aws:kms' | undefined
  /** An id, ARN or alias of a KMS key, with sse `aws:kms`. @default the account's own key for S3 */
  readonly sseKmsKeyId?: string | undefined
  /** At most 10. Needs s3:PutObjectTagging. */
  readonly tags?: Readonly<Record<string, string>> | undefined
}

const NAMES = {
  cacheControl: 'cache-control',
  contentDisposition: 'content-disposition',
  contentEncoding: 'content-encoding',
  contentLanguage: 'content-language',
  storageClass: 'x-amz-storage-class',
  sse: 'x-amz-server-side-encryption',
  sseKmsKeyId: 'x-amz-server-side-encryption-aws-kms-key-id',
} as const

/** What a header holds: no spaces around it, which are lost on the way. */
const VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/
const STORAGE_CLASS = /^[A-Z][A-Z0-9_]*$/
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html */
const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u
const RESERVED_TAG = 'aws:'

/**
 * The request headers of a PutObject or CreateMultipartUpload.
 * @throws {TypeError} for what S3 would not take, or would take for something else
 */
export function objectHeaders({ tags = {}, ...given }: ObjectHeaders): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [option, name] of Object.entries(NAMES) as [keyof typeof NAMES, string][]) {
    const value = given[option]
    if (value === undefined) continue
    if (!VALUE.test(value)) {
      throw new TypeError(
        `Expected ${option} to be visible ASCII, without spaces around it, which is what a header holds; got ${JSON.stringify(value)}. Write it otherwise.`,
      )
    }
    headers[name] = value
  }
  requireStorageClass(given.storageClass)
  requireEncryption(given)
  const tagging = taggingOf(tags)
  const all = { ...headers, ...(tagging && { 'x-amz-tagging': tagging }) }
  requireRoom(all)
  return all
}

function requireRoom(headers: Record<string, string>): void {
  const bytes = Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  if (bytes <= MAX_OBJECT_HEADER_BYTES) return
  throw new TypeError(
    `Expected headers and tags of at most ${MAX_OBJECT_HEADER_BYTES} bytes in all, percent-encoded, got ${bytes}. Shorten the tags.`,
  )
}

/** Not those of a list: stores have their own, and AWS adds to its. */
function requireStorageClass(storageClass: string | undefined): void {
  if (storageClass === undefined || STORAGE_CLASS.test(storageClass)) return
  throw new TypeError(
    `Expected a storageClass as S3 writes it, such as STANDARD_IA, got ${JSON.stringify(storageClass)}. Write it in capitals.`,
  )
}

function requireEncryption({ sse, sseKmsKeyId }: ObjectHeaders): void {
  if (sse !== undefined && sse !== 'AES256' && sse !== 'aws:kms') {
    throw new TypeError(`Expected sse to be AES256 or aws:kms, got ${JSON.stringify(sse)}.`)
  }
  if (sseKmsKeyId === undefined || sse === 'aws:kms') return
  throw new TypeError(
    `Expected sse aws:kms with an sseKmsKeyId, got ${sse ?? 'none'}. Set it, or leave the key out.`,
  )
}

/** Percent-encoded as a query is. */
function taggingOf(tags: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(tags)
  if (pairs.length > MAX_TAGS) {
    throw new TypeError(`Expected at most ${MAX_TAGS} tags, got ${pairs.length}. Leave some out.`)
  }
  for (const [key, value] of pairs) {
    requireTag('key', key, 1, MAX_TAG_KEY_LENGTH)
    requireTag('value', value, 0, MAX_TAG_VALUE_LENGTH)
    if (key.toLowerCase().startsWith(RESERVED_TAG)) {
      throw new TypeError(`Expected a tag of your own, got ${key}: those of AWS begin so. Choose another.`)
    }
  }
  return pairs.map((pair) => pair.map(encodeURIComponent).join('=')).join('&')
}

function requireTag(what: 'key' | 'value', text: string, shortest: number, longest: number): void {
  const length = [...text].length
  if (length < shortest || length > longest) {
    throw new TypeError(
      `Expected a tag’s ${what} of ${shortest} to ${longest} characters, got ${length} (${JSON.stringify(text)}).`,
    )
  }
  if (TAG_TEXT.test(text)) return
  throw new TypeError(
    `Expected a tag’s ${what} of letters, digits, spaces and + - = . _ : / @, got ${JSON.stringify(text)}.`,
  )
}
