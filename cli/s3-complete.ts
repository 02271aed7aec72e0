import { KeyTakenError, StoreError } from '../client/node/index.ts'
import { completeMultipartUpload } from '../client/node/s3/complete-multipart-upload.ts'
import { headObject } from '../client/node/s3/head-object.ts'
import { listAllParts } from '../client/node/s3/list-parts.ts'
import type { S3Upload } from '../client/node/s3/multipart-upload.ts'
import type { S3Store } from '../client/node/s3/store.ts'
import { ProblemError } from '../protocol/problems.ts'
import type { Checksum, CompleteResponse, StoredPart } from '../protocol/schemas.ts'
import type { Completion } from './operations.ts'

/**
 * CompleteMultipartUpload of the parts that the store lists, of which none may be missing up to the last; or of those that are named, all
 * of them.
 * @throws {ProblemError} `upload-unknown`, `parts-missing`
 * @throws {KeyTakenError}
 */
export async function completeUpload(
  store: S3Store,
  upload: S3Upload,
  { checksum, parts: named, overwrite = true }: Completion,
  signal: AbortSignal,
): Promise<CompleteResponse> {
  const listing = await listAllParts(store.call, upload, signal)
  if (!listing) throw unknown()
  const { algorithm } = listing
  const parts = named ? listing.parts.filter((part) => isNamed(part, named)) : listing.parts
  requireAll(
    parts,
    named?.map(({ partNumber }) => partNumber),
  )
  const size = parts.reduce((sum, part) => sum + part.size, 0)
  const headers = {
    'x-amz-mp-object-size': String(size),
    ...(algorithm !== 'NONE' && { 'x-amz-checksum-type': 'FULL_OBJECT' }),
    ...checksumHeader(checksum),
    ...(!overwrite && { 'if-none-match': '*' }),
  }
  const completed = await completeMultipartUpload(store.call, upload, { parts, headers }, signal).catch(
    (error: unknown) => {
      if (error instanceof StoreError && error.status === 412) throw new KeyTakenError(upload.key)
      throw error
    },
  )
  if (!completed) throw unknown()
  const { address, call } = store
  const location = address.urlOf(address.pathOf(upload.key))
  // Ceph RGW leaves it out of its answer.
  const etag = completed.etag || ((await headObject(call, upload.key, signal))?.etag ?? '')
  return { key: upload.key, size, ...completed, etag, location }
}

/** Whether it is what somebody says to have sent, as far as they say it. */
function isNamed({ partNumber, etag, checksum }: StoredPart, named: NonNullable<Completion['parts']>) {
  const claim = named.find((part) => part.partNumber === partNumber)
  if (!claim || (claim.etag !== undefined && claim.etag !== etag)) return false
  const isSameKind = claim.checksum && claim.checksum.algorithm === checksum?.algorithm
  return !isSameKind || claim.checksum?.value === checksum?.value
}

/** @throws {ProblemError} `parts-missing` */
function requireAll(parts: readonly StoredPart[], named: readonly number[] | undefined): void {
  const stored = new Set(parts.map(({ partNumber }) => partNumber))
  const last = Math.max(1, ...stored)
  const wanted = named ?? Array.from({ length: last }, (_, index) => index + 1)
  const missing = wanted.filter((partNumber) => !stored.has(partNumber))
  if (missing.length === 0) return
  throw new ProblemError(
    'parts-missing',
    `Expected the parts ${named ? 'that are named' : `1 to ${last}`}, of which ${missing.length} are not there or differ: ${missing.slice(0, 10).join(', ')}${missing.length > 10 ? ', …' : ''}. Send them, then complete.`,
    { missing, mismatched: [] },
  )
}

function checksumHeader(checksum: Checksum | undefined): Record<string, string> {
  return checksum ? { [`x-amz-checksum-${checksum.algorithm.toLowerCase()}`]: checksum.value } : {}
}

function unknown(): ProblemError {
  return new ProblemError(
    'upload-unknown',
    'Expected an upload that is under way; this one was completed, aborted, has expired or never was.',
  )
}
