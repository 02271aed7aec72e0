import * as v from 'valibot'
import { MAX_KEY_BYTES, MAX_PARTS } from './limits.ts'

/** What the shapes of the HTTP API are made of, and how it is refused where it is something else. */

export const Bytes = v.pipe(v.number(), v.integer('Expected a whole number of bytes'), v.minValue(0))
export const Time = v.pipe(v.string(), v.isoTimestamp())
export const PartNumber = v.pipe(
  v.number(),
  v.integer('Expected a part number, which is whole'),
  v.minValue(1, 'Expected a part number from 1'),
  v.maxValue(MAX_PARTS, `Expected a part number up to ${MAX_PARTS}`),
)
export const Key = v.pipe(v.string(), v.minLength(1), v.maxBytes(MAX_KEY_BYTES))
export const UploadId = v.pipe(v.string(), v.minLength(1), v.maxLength(1024))
/** An ETag as a client may send it, with or without quotes, read without. */
export const ETag = v.pipe(
  v.string(),
  v.regex(/^"?[^"]{1,128}"?$/, 'Expected an ETag, with or without its quotes'),
  v.transform((etag) => etag.replaceAll('"', '')),
)
/** What travels in an HTTP header: visible ASCII and spaces. */
export const HeaderValue = v.pipe(v.string(), v.regex(/^[\x20-\x7e]*$/, 'Expected ASCII without line breaks'))

const Base64 = v.pipe(v.string(), v.base64('Expected base64'))
export const Crc64 = v.pipe(
  Base64,
  v.length(12, 'Expected the 8 bytes of a CRC64NVME in base64: 12 characters'),
)
export const Crc32 = v.pipe(
  Base64,
  v.length(8, 'Expected the 4 bytes of a CRC32 or CRC32C in base64: 8 characters'),
)

/** A flag in a query: present as `1` or `true`. */
export const QueryFlag = v.pipe(
  v.picklist(['1', 'true', '0', 'false']),
  v.transform((flag) => flag === '1' || flag === 'true'),
)
export const queryLimit = (max: number) =>
  v.pipe(
    v.string(),
    v.digits(`Expected a whole number from 1 to ${max}`),
    v.transform(Number),
    v.minValue(1),
    v.maxValue(max),
  )
