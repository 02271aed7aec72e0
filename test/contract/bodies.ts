import { randomBytes } from 'node:crypto'
import { toBase64 } from '../../checksums/base64.ts'
import { type CrcAlgorithm, createCrc } from '../../checksums/crc.ts'
import type { Target } from './target.ts'

/** The least that S3 takes for any part but the last. */
export const PART = randomBytes(5 * 1024 * 1024)
export const LAST_PART = randomBytes(1000)

export const CRCS: CrcAlgorithm[] = ['CRC64NVME', 'CRC32', 'CRC32C']

/** The checksum of the pieces together, in base64. */
export function crcOf(algorithm: CrcAlgorithm, ...pieces: Uint8Array[]): string {
  const crc = createCrc(algorithm)
  for (const piece of pieces) crc.update(piece)
  return toBase64(crc.digest())
}

export interface Upload {
  Bucket: string
  Key: string
  UploadId: string
}

/** CreateMultipartUpload, with full-object checksums where an algorithm is named. */
export async function createUpload(
  { s3, Bucket }: Target,
  Key: string,
  algorithm?: CrcAlgorithm,
): Promise<Upload> {
  const { UploadId = '' } = await s3.createMultipartUpload({
    Bucket,
    Key,
    ...(algorithm && { ChecksumAlgorithm: algorithm, ChecksumType: 'FULL_OBJECT' }),
  })
  return { Bucket, Key, UploadId }
}

export interface SentPart {
  PartNumber: number
  ETag: string
}

/** UploadPart of each body, numbered from 1. */
export async function uploadParts(
  { s3 }: Target,
  upload: Upload,
  ...bodies: Uint8Array[]
): Promise<SentPart[]> {
  const parts: SentPart[] = []
  for (const [index, Body] of bodies.entries()) {
    const PartNumber = index + 1
    const { ETag = '' } = await s3.uploadPart({ ...upload, PartNumber, Body })
    parts.push({ PartNumber, ETag })
  }
  return parts
}
