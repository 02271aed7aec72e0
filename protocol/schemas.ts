import * as v from 'valibot'
import { checksumAlgorithms } from './checksum-algorithms.ts'
import {
  DEFAULT_OBJECTS_PAGE,
  DEFAULT_UPLOADS_PAGE,
  MAX_FILE_NAME_BYTES,
  MAX_LIST_PAGE,
  MAX_PARTS,
  MAX_UPLOADS_PAGE,
  MAX_URLS_PER_ANSWER,
} from './limits.ts'
import {
  Bytes,
  Crc32,
  Crc64,
  ETag,
  HeaderValue,
  Key,
  PartNumber,
  QueryFlag,
  queryLimit,
  Time,
  UploadId,
} from './scalars.ts'

/**
 * The shapes of the HTTP API. Bytes are integers, times ISO 8601 in UTC, ETags without quotes, checksums as S3 writes them.
 * Requests refuse unknown members; responses are read with unknown members ignored.
 */

/** Full-object always: of the whole object, combined from its parts. */
export const ChecksumAlgorithm = v.picklist([...checksumAlgorithms, 'NONE'])
export type ChecksumAlgorithm = v.InferOutput<typeof ChecksumAlgorithm>

/** Of an object or a part, `value` in base64 as S3 writes it. */
export const Checksum = v.variant('algorithm', [
  v.strictObject({ algorithm: v.literal('CRC64NVME'), value: Crc64 }),
  v.strictObject({ algorithm: v.picklist(['CRC32', 'CRC32C']), value: Crc32 }),
])
export type Checksum = v.InferOutput<typeof Checksum>

// GET /

export const DescribeResponse = v.object({
  version: v.string(),
  auth: v.picklist(['none', 'iam', 'jwt', 'cognito']),
  issuer: v.optional(v.string()),
  clientId: v.optional(v.string()),
  region: v.string(),
  maxObjectSize: Bytes,
  checksums: v.array(v.string()),
})
export type DescribeResponse = v.InferOutput<typeof DescribeResponse>

// POST /uploads

const MetadataName = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'Expected a name of a-z, 0-9, - and _, at most 64 long'),
)

export const InitiateRequest = v.strictObject({
  fileName: v.pipe(
    v.string(),
    v.minLength(1, 'Expected a name of at least one character'),
    v.maxBytes(MAX_FILE_NAME_BYTES, `Expected a name of at most ${MAX_FILE_NAME_BYTES} bytes in UTF-8`),
  ),
  size: Bytes,
  contentType: v.optional(v.pipe(HeaderValue, v.minLength(1), v.maxLength(256), v.trim(), v.minLength(1))),
  metadata: v.optional(v.record(MetadataName, v.string())),
  partSize: v.optional(Bytes),
  checksumAlgorithm: v.optional(ChecksumAlgorithm),
  checksum: v.optional(Checksum),
})
export type InitiateRequest = v.InferOutput<typeof InitiateRequest>

/** `urls`: full URLs rather than a template and signatures, for clients that only know how to PUT. */
export const FormatQuery = v.strictObject({ format: v.optional(v.picklist(['urls', 'packed'])) })

const Expiry = { expiresAt: Time, expiresIn: v.number() }
const Headers = v.record(v.string(), v.string())

export const SignedPart = v.object({ partNumber: PartNumber, size: Bytes, url: v.string(), headers: Headers })
export type SignedPart = v.InferOutput<typeof SignedPart>

/** Contiguous parts: `urlTemplate` holds `{partNumber}` and `{signature}` (hex); `signatures` 32 bytes a part, in base64. */
export const SignedTemplate = v.object({
  urlTemplate: v.string(),
  from: PartNumber,
  to: PartNumber,
  signatures: v.string(),
  headers: Headers,
  ...Expiry,
})
export type SignedTemplate = v.InferOutput<typeof SignedTemplate>

export const SignedUrls = v.object({ parts: v.array(SignedPart), ...Expiry })
export const SignedParts = v.union([SignedTemplate, SignedUrls])
export type SignedParts = v.InferOutput<typeof SignedParts>

export const SingleUpload = v.object({
  kind: v.literal('single'),
  key: v.string(),
  method: v.literal('PUT'),
  url: v.string(),
  /** All of them are signed: send each as it stands. */
  headers: Headers,
  expiresAt: Time,
})
export type SingleUpload = v.InferOutput<typeof SingleUpload>

/** What initiate froze, and list-parts tells again. */
const upload = {
  key: v.string(),
  uploadId: v.string(),
  size: Bytes,
  partSize: Bytes,
  partCount: v.number(),
  checksumAlgorithm: ChecksumAlgorithm,
  /** When the bucket's lifecycle rule aborts the upload; absent where the store does not say. */
  abortDate: v.optional(Time),
}

export const MultipartUpload = v.object({
  kind: v.literal('multipart'),
  ...upload,
  signed: SignedParts,
})
export type MultipartUpload = v.InferOutput<typeof MultipartUpload>

export const InitiateResponse = v.variant('kind', [SingleUpload, MultipartUpload])
export type InitiateResponse = v.InferOutput<typeof InitiateResponse>

// POST /uploads/{uploadId}/presign

export const UploadPath = v.strictObject({ uploadId: UploadId })

export const PresignRequest = v.strictObject({
  key: Key,
  parts: v.union(
    [
      v.pipe(
        v.strictObject({ from: PartNumber, to: PartNumber }),
        v.check(({ from, to }) => from <= to, 'Expected from ≤ to'),
      ),
      v.pipe(
        v.array(PartNumber),
        v.minLength(1, 'Expected at least one part number'),
        v.maxLength(
          MAX_URLS_PER_ANSWER,
          `Expected at most ${MAX_URLS_PER_ANSWER} part numbers; ask in several calls, or for a window {from, to}`,
        ),
        v.check((numbers) => new Set(numbers).size === numbers.length, 'Expected each part number once'),
      ),
    ],
    'Expected a window {from, to} or an array of part numbers',
  ),
  /** By part number: the part's checksum, which S3 then enforces. */
  checksums: v.optional(
    v.record(
      v.pipe(v.string(), v.regex(/^[1-9]\d{0,4}$/, 'Expected a part number')),
      v.union(
        [Crc64, Crc32],
        'Expected a CRC in base64: 12 characters for CRC64NVME, 8 for CRC32 and CRC32C',
      ),
    ),
  ),
  /** Of `checksums`. @default CRC64NVME */
  checksumAlgorithm: v.optional(v.picklist(checksumAlgorithms)),
})
export type PresignRequest = v.InferOutput<typeof PresignRequest>

export const PresignResponse = v.object({ signed: SignedParts })
export type PresignResponse = v.InferOutput<typeof PresignResponse>

// GET /uploads/{uploadId}/parts?key=

export const KeyQuery = v.strictObject({ key: Key })

/** A part as S3 holds it. */
export const StoredPart = v.object({
  partNumber: v.number(),
  size: Bytes,
  etag: v.string(),
  checksum: v.optional(Checksum),
})
export type StoredPart = v.InferOutput<typeof StoredPart>

export const ListPartsResponse = v.object({
  ...upload,
  parts: v.array(StoredPart),
})
export type ListPartsResponse = v.InferOutput<typeof ListPartsResponse>

// POST /uploads/{uploadId}/complete

export const CompleteRequest = v.strictObject({
  key: Key,
  /** Of the whole object: S3 refuses to complete where the bytes differ. */
  checksum: v.optional(Checksum),
  /** What the caller believes to have sent, all of it: compared with what S3 holds, and a part left out is missing. */
  parts: v.optional(
    v.pipe(
      v.array(
        v.strictObject({ partNumber: PartNumber, etag: v.optional(ETag), checksum: v.optional(Checksum) }),
      ),
      v.maxLength(MAX_PARTS),
      v.check(
        (parts) => new Set(parts.map(({ partNumber }) => partNumber)).size === parts.length,
        'Expected each part number once',
      ),
    ),
  ),
})
export type CompleteRequest = v.InferOutput<typeof CompleteRequest>

export const CompleteResponse = v.object({
  key: v.string(),
  size: Bytes,
  etag: v.string(),
  checksum: v.optional(Checksum),
  versionId: v.optional(v.string()),
  /** The object's URL, unsigned. */
  location: v.string(),
})
export type CompleteResponse = v.InferOutput<typeof CompleteResponse>

// GET /uploads

export const ListUploadsQuery = v.strictObject({
  limit: v.optional(queryLimit(MAX_UPLOADS_PAGE), String(DEFAULT_UPLOADS_PAGE)),
  cursor: v.optional(v.string()),
  details: v.optional(QueryFlag),
})

export const ListUploadsResponse = v.object({
  uploads: v.array(
    v.object({
      key: v.string(),
      uploadId: v.string(),
      fileName: v.string(),
      size: Bytes,
      partSize: Bytes,
      initiated: Time,
      /** With `details=1`: how many parts, and how many bytes, S3 holds. */
      parts: v.optional(v.number()),
      bytes: v.optional(Bytes),
      /** With `details=1`, too: when the bucket's lifecycle rule aborts it; absent where the store does not say. */
      abortDate: v.optional(Time),
    }),
  ),
  /** The `cursor` of the next page; absent on the last. */
  next: v.optional(v.string()),
})
export type ListUploadsResponse = v.InferOutput<typeof ListUploadsResponse>

// GET /objects

export const ListObjectsQuery = v.strictObject({
  limit: v.optional(queryLimit(MAX_LIST_PAGE), String(DEFAULT_OBJECTS_PAGE)),
  cursor: v.optional(v.string()),
})

export const ListObjectsResponse = v.object({
  objects: v.array(v.object({ key: v.string(), fileName: v.string(), size: Bytes, modified: Time })),
  next: v.optional(v.string()),
})
export type ListObjectsResponse = v.InferOutput<typeof ListObjectsResponse>

// POST /downloads

export const DownloadRequest = v.strictObject({ key: Key })
export type DownloadRequest = v.InferOutput<typeof DownloadRequest>

export const DownloadResponse = v.object({
  key: v.string(),
  url: v.string(),
  fileName: v.string(),
  size: Bytes,
  etag: v.string(),
  checksum: v.optional(Checksum),
  contentType: v.string(),
  /** How the object was uploaded, where in parts. */
  partCount: v.optional(v.number()),
  partSize: v.optional(Bytes),
  ...Expiry,
})
export type DownloadResponse = v.InferOutput<typeof DownloadResponse>

// Every route

/** The body of every error that a function answers with, as `application/problem+json`. */
export const ProblemBody = v.looseObject({
  /** `urn:partway:problem:` and one of protocol/problem-types.ts. */
  type: v.string(),
  title: v.string(),
  status: v.number(),
  /** What was expected, what came, what to do. */
  detail: v.optional(v.string()),
  requestId: v.optional(v.string()),
})
export type ProblemBody = v.InferOutput<typeof ProblemBody>
