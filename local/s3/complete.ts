import { createHash } from 'node:crypto'
import { MIN_PART_BYTES } from '../../protocol/limits.ts'
import { checksumElement } from './checksum.ts'
import { objectChecksum } from './complete-checksum.ts'
import { S3Error } from './errors.ts'
import type { NamedPart } from './named-parts.ts'
import type { ObjectRecord, StoredPart } from './store/records.ts'
import type { Upload } from './store/uploads.ts'

type Headers = ReadonlyMap<string, string>

/**
 * The object that these parts make.
 *
 * @throws S3Error `InvalidPart`, `InvalidPartOrder`, `EntityTooSmall`, `BadDigest`, `InvalidRequest`.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 */
export function assemble(upload: Upload, named: NamedPart[], headers: Headers, now: number): ObjectRecord {
  assertOrder(named, upload)
  const parts = named.map((part) => findPart(upload, part))
  assertSizes(parts)
  const size = parts.reduce((sum, part) => sum + part.size, 0)
  assertObjectSize(headers, size)
  return {
    key: upload.key,
    size,
    etag: etagOfParts(parts),
    lastModified: now,
    headers: upload.headers,
    checksum: objectChecksum(upload, parts, headers),
    tags: upload.tags,
    data: upload.uploadId,
    parts,
    completedAt: now,
  }
}

function assertOrder(named: readonly NamedPart[], { checksum, uploadId }: Upload): void {
  named.forEach(({ partNumber }, at) => {
    if (partNumber <= (named[at - 1]?.partNumber ?? 0)) {
      throw new S3Error('InvalidPartOrder', undefined, { UploadId: uploadId })
    }
    if (checksum !== undefined && partNumber !== at + 1) {
      throw new S3Error(
        'InvalidRequest',
        `Part numbers of an upload with a checksum algorithm must be consecutive and begin with 1: expected ${at + 1}, got ${partNumber}.`,
      )
    }
  })
}

function findPart(upload: Upload, { partNumber, etag, checksums }: NamedPart): StoredPart {
  const part = upload.parts.get(partNumber)
  if (part === undefined || part.etag !== etag || !agrees(upload, part, checksums)) {
    const details = { UploadId: upload.uploadId, PartNumber: partNumber, ETag: etag }
    throw new S3Error('InvalidPart', undefined, details)
  }
  if (upload.checksum?.type === 'COMPOSITE' && checksums.size === 0) {
    throw new S3Error(
      'InvalidRequest',
      `The upload was created using a ${upload.checksum.algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${partNumber} in the request.`,
    )
  }
  return part
}

function agrees({ checksum }: Upload, part: StoredPart, claimed: ReadonlyMap<string, string>): boolean {
  const stored = Buffer.from(part.checksum ?? '', 'hex').toString('base64')
  const name = checksum && checksumElement(checksum.algorithm)
  return [...claimed].every(([element, value]) => element === name && value === stored)
}

function assertSizes(parts: readonly StoredPart[]): void {
  const small = parts.slice(0, -1).find(({ size }) => size < MIN_PART_BYTES)
  if (small === undefined) return
  throw new S3Error('EntityTooSmall', undefined, {
    ProposedSize: small.size,
    MinSizeAllowed: MIN_PART_BYTES,
    PartNumber: small.partNumber,
    ETag: small.etag,
  })
}

function assertObjectSize(headers: Headers, size: number): void {
  const claimed = headers.get('x-amz-mp-object-size')
  if (claimed === undefined || claimed === String(size)) return
  throw new S3Error(
    'InvalidRequest',
    `The provided 'x-amz-mp-object-size' header value ${claimed} does not match what was computed: ${size}`,
  )
}

function etagOfParts(parts: readonly StoredPart[]): string {
  const md5 = createHash('md5')
  for (const { etag } of parts) md5.update(Buffer.from(etag, 'hex'))
  return `${md5.digest('hex')}-${parts.length}`
}
