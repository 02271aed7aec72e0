import { createHash } from 'node:crypto'
import { MAX_PARTS, MIN_PART_BYTES } from '../../protocol/limits.ts'
import {
  algorithmOfHeader,
  type Checksum,
  checksumElement,
  checksumHeader,
  checksumOfParts,
} from './checksum.ts'
import { S3Error } from './errors.ts'
import type { ObjectRecord, StoredPart } from './store/records.ts'
import type { Upload } from './store/uploads.ts'
import { childNames, elements, parseXml, text, type XmlNode } from './xml.ts'

/** A part as the client of CompleteMultipartUpload names it. */
export interface NamedPart {
  partNumber: number
  /** Without quotes. */
  etag: string
  /** In base64, by the names of the XML: `ChecksumCRC32`. */
  checksums: ReadonlyMap<string, string>
}

type Headers = ReadonlyMap<string, string>

/** @throws S3Error `MalformedXML`, `InvalidRequest` for no parts at all. */
export function parseParts(document: string): NamedPart[] {
  const parts = document === '' ? [] : elements(parseXml(document, 'CompleteMultipartUpload'), 'Part')
  if (parts.length === 0) throw new S3Error('InvalidRequest', 'You must specify at least one part')
  if (parts.length > MAX_PARTS) throw new S3Error('MalformedXML')
  return parts.map(parsePart)
}

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
    data: upload.uploadId,
    parts,
    completedAt: now,
  }
}

/** A repeated completion has to name the parts of the first. */
export function assertSameParts({ parts = [], data }: ObjectRecord, named: readonly NamedPart[]): void {
  const same = parts.length === named.length && parts.every((part, at) => isSame(part, named[at]))
  if (!same) throw new S3Error('InvalidPart', undefined, { UploadId: data })
}

function isSame(part: StoredPart, named: NamedPart | undefined): boolean {
  return part.partNumber === named?.partNumber && part.etag === named.etag
}

function parsePart(node: XmlNode): NamedPart {
  const partNumber = text(node, 'PartNumber') ?? ''
  const etag = text(node, 'ETag')
  if (!/^\d{1,9}$/.test(partNumber) || etag === undefined) throw new S3Error('MalformedXML')
  const names = childNames(node).filter((name) => name.startsWith('Checksum'))
  return {
    partNumber: Number(partNumber),
    etag: etag.replaceAll('"', ''),
    checksums: new Map(names.map((name) => [name, text(node, name) ?? ''])),
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

function objectChecksum(
  upload: Upload,
  parts: readonly StoredPart[],
  headers: Headers,
): Checksum | undefined {
  const claimed = [...headers].filter(([name]) => algorithmOfHeader(name) !== undefined)
  const type = headers.get('x-amz-checksum-type')
  if (upload.checksum === undefined) {
    if (type === undefined && claimed.length === 0) return undefined
    throw new S3Error(
      'InvalidRequest',
      'The upload was created without a checksum algorithm. The complete request must not name a checksum or its type.',
    )
  }
  if (type !== undefined && type !== upload.checksum.type) {
    throw new S3Error(
      'InvalidRequest',
      `The upload was created using the ${upload.checksum.type} checksum mode. The complete request must use the same checksum mode.`,
    )
  }
  const { algorithm } = upload.checksum
  const checksum = checksumOfParts(
    algorithm,
    upload.checksum.type,
    parts.map((part) => ({
      size: part.size,
      checksum: Buffer.from(part.checksum ?? '', 'hex').toString('base64'),
    })),
  )
  for (const [name, value] of claimed) assertClaim(checksum, name, value, type)
  return checksum
}

/** S3 takes the value of a full object only together with the type, even where the value is right. */
function assertClaim(computed: Checksum, name: string, value: string, type: string | undefined): void {
  const right = name === checksumHeader(computed.algorithm) && value === computed.value
  if (right && (type !== undefined || computed.type === 'COMPOSITE')) return
  throw new S3Error(
    'BadDigest',
    `The ${name.slice('x-amz-checksum-'.length)} you specified did not match the calculated checksum.`,
  )
}
