import { requireParts } from '../../../protocol/compare-plan.ts'
import { ProblemError } from '../../../protocol/problems.ts'
import type { Checksum, CompleteRequest, CompleteResponse, StoredPart } from '../../../protocol/schemas.ts'
import { StoreError } from '../../errors.ts'
import { completeMultipartUpload } from './complete-multipart-upload.ts'
import { type Head, headObject } from './head-object.ts'
import { listParts } from './list-parts.ts'
import { KeyTakenError } from './problems.ts'
import { requireFree } from './require-free.ts'
import type { S3Store } from './store.ts'
import { isUnknown, MARK_METADATA, splitUploadId, type UploadMark } from './upload-mark.ts'

export interface Completion extends Omit<CompleteRequest, 'key'> {
  readonly key: string
  /** With its mark. */
  readonly uploadId: string
  /** Of a stream: its upload id does not tell it. */
  readonly streamSize?: number | undefined
  readonly overwrite: boolean
}

/**
 * Makes the parts an object: those that S3 lists, compared with the plan. Repeating it is harmless: an upload that is gone is settled by the
 * object at its key, if that has the upload's own mark.
 * @throws {ProblemError} `parts-missing`, `upload-unknown`, `checksum-mismatch`, `invalid-request`
 * @throws {KeyTakenError}
 */
export async function complete(
  store: S3Store,
  { key, uploadId, streamSize, checksum, parts: claimed, overwrite }: Completion,
  signal: AbortSignal,
): Promise<CompleteResponse> {
  const { mark, s3UploadId } = splitUploadId(uploadId, streamSize)
  const { plan } = mark
  const upload = { key, uploadId: s3UploadId }
  const settled = () => settle(store, key, mark, checksum, signal)
  const listing = await listParts(store.call, upload, plan.partCount, signal)
  if (!listing) return settled()

  const { parts, algorithm } = listing
  requireParts(parts, plan, claimed)
  requireAlgorithm(checksum, algorithm)
  if (!overwrite) await requireFree(store, key, mark, signal)
  const headers = {
    'x-amz-mp-object-size': String(plan.size),
    ...(algorithm !== 'NONE' && { 'x-amz-checksum-type': 'FULL_OBJECT' }),
    ...(checksum && { [`x-amz-checksum-${algorithm.toLowerCase()}`]: checksum.value }),
    ...(overwrite ? {} : { 'if-none-match': '*' }),
  }
  const named = parts.map((part) => withoutOtherChecksum(part, algorithm))
  try {
    const completed = await completeMultipartUpload(store.call, upload, { parts: named, headers }, signal)
    if (!completed?.etag) return settled()
    return { key, size: plan.size, ...completed, location: locationOf(store, key) }
  } catch (error) {
    if (!(error instanceof StoreError && (error.status === 412 || error.status === 409))) throw error
    const head = await ownObject(store, key, mark, checksum, signal)
    if (head) return answer(store, key, head, checksum)
    throw error.status === 412 ? new KeyTakenError(key, { cause: error }) : error
  }
}

/**
 * The object, where it is this upload's: an older one has another mark, or none. Of an upload that was found, whose mark nobody knows, it
 * is the one with that checksum.
 */
export async function ownObject(
  { call }: S3Store,
  key: string,
  mark: UploadMark,
  checksum: Checksum | undefined,
  signal: AbortSignal,
): Promise<Head | undefined> {
  const head = await headObject(call, key, signal)
  if (head?.size !== mark.plan.size) return undefined
  const isOwn = isUnknown(mark)
    ? checksum !== undefined &&
      head.checksum?.algorithm === checksum.algorithm &&
      head.checksum.value === checksum.value
    : head.metadata[MARK_METADATA] === mark.text
  return isOwn ? head : undefined
}

async function settle(
  store: S3Store,
  key: string,
  mark: UploadMark,
  checksum: Checksum | undefined,
  signal: AbortSignal,
): Promise<CompleteResponse> {
  const head = await ownObject(store, key, mark, checksum, signal)
  if (head) return answer(store, key, head, checksum)
  throw new ProblemError(
    'upload-unknown',
    'Expected an upload that is under way or completed; this one was aborted, has expired, or another object has taken its place. Begin anew.',
  )
}

function answer(
  store: S3Store,
  key: string,
  { size, etag, checksum, versionId }: Head,
  expected: Checksum | undefined,
): CompleteResponse {
  if (expected && checksum?.algorithm === expected.algorithm && checksum.value !== expected.value) {
    throw new ProblemError(
      'checksum-mismatch',
      `The upload is completed, with the ${checksum.algorithm} ${checksum.value}; expected ${expected.value}. Upload the file anew.`,
    )
  }
  const location = locationOf(store, key)
  return { key, size, etag, ...(checksum && { checksum }), ...(versionId && { versionId }), location }
}

function requireAlgorithm(checksum: Checksum | undefined, algorithm: string): void {
  if (checksum && checksum.algorithm !== algorithm) {
    throw new ProblemError(
      'invalid-request',
      `Expected ${algorithm === 'NONE' ? 'no checksum' : `a ${algorithm}`}, which this upload was begun with; got a ${checksum.algorithm}.`,
    )
  }
}

function withoutOtherChecksum({ checksum, ...part }: StoredPart, algorithm: string): StoredPart {
  return checksum?.algorithm === algorithm ? { ...part, checksum } : part
}

function locationOf({ address }: S3Store, key: string): string {
  return address.urlOf(address.pathOf(key))
}
