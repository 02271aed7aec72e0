import type { Checksum, ChecksumAlgorithm, ChecksumType } from '../checksum.ts'

export type Tag = [key: string, value: string]

/** An object, as its record on disk holds it. */
export interface ObjectRecord {
  key: string
  /** In bytes. */
  size: number
  /** Without quotes. */
  etag: string
  /** In milliseconds since 1970. */
  lastModified: number
  /** `content-type` and its like, and `x-amz-meta-*`; lower case. */
  headers: Record<string, string>
  checksum?: Checksum | undefined
  tags?: Tag[] | undefined
  /** The name under `data/`: a file, or the directory of the upload that made the object. */
  data: string
  /** In order; absent for an object that came in one piece. */
  parts?: StoredPart[] | undefined
  completedAt?: number | undefined
}

/** A part; its file's name holds all of this, so that one rename publishes both. */
export interface StoredPart {
  partNumber: number
  size: number
  /** MD5 in hex. */
  etag: string
  /** In hex, of the upload's algorithm. */
  checksum: string | undefined
  lastModified: number
}

/** A multipart upload under way, as its record on disk holds it. */
export interface UploadRecord {
  uploadId: string
  key: string
  initiated: number
  /** Those of the object to be. */
  headers: Record<string, string>
  checksum?: { algorithm: ChecksumAlgorithm; type: ChecksumType } | undefined
  tags?: Tag[] | undefined
}

const PART_FILE = /^(\d{5})-(\d+)-([0-9a-f]{32})-([0-9a-f]*)-(\d+)$/

export function partFileName({ partNumber, size, etag, checksum = '', lastModified }: StoredPart): string {
  return `${String(partNumber).padStart(5, '0')}-${size}-${etag}-${checksum}-${lastModified}`
}

/** @returns `undefined` for a file that is no part. */
export function parsePartFileName(name: string): StoredPart | undefined {
  const match = PART_FILE.exec(name)
  if (match === null) return undefined
  const [, partNumber, size, etag = '', checksum, lastModified] = match
  return {
    partNumber: Number(partNumber),
    size: Number(size),
    etag,
    checksum: checksum === '' ? undefined : checksum,
    lastModified: Number(lastModified),
  }
}
