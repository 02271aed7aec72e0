import { randomBytes } from 'node:crypto'
import { FIRST_WINDOW_PARTS, MAX_SINGLE_PUT_BYTES } from '../../../protocol/limits.ts'
import { planParts } from '../../../protocol/part-plan.ts'
import { ProblemError } from '../../../protocol/problems.ts'
import type { InitiateRequest, InitiateResponse } from '../../../protocol/schemas.ts'
import { encodeUserMetadata } from '../../../protocol/user-metadata.ts'
import { createMultipartUpload } from './multipart-upload.ts'
import { requireFree } from './require-free.ts'
import { livePresigner, signParts } from './sign-parts.ts'
import type { S3Store } from './store.ts'
import { createMark, joinUploadId, MARK_METADATA, openMark, type UploadMark } from './upload-mark.ts'

const DEFAULT_CONTENT_TYPE = 'application/octet-stream'

/** Where an upload goes. */
export interface Destination {
  readonly key: string
  /** Whether an object that stands there may be replaced. */
  readonly overwrite: boolean
  /** Of a stream: a request for more than one part is for nobody knows how many. */
  readonly isStream: boolean
  /** As they are sent and signed. */
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Freezes the plan: a small file gets one presigned PUT, a larger one a multipart upload and its first window of URLs.
 * @throws {KeyTakenError}
 */
export async function initiate(
  store: S3Store,
  destination: Destination,
  request: InitiateRequest,
  signal: AbortSignal,
): Promise<InitiateResponse> {
  const { key, overwrite, isStream, headers: given } = destination
  const mark = markOf(store, request, isStream)
  if (!overwrite) await requireFree(store, key, mark, signal)
  const headers = {
    ...given,
    'content-type': request.contentType ?? DEFAULT_CONTENT_TYPE,
    ...metadataHeaders(request, mark),
  }
  const { partSize } = mark.plan
  if (request.size <= (isStream ? partSize : Math.min(partSize, MAX_SINGLE_PUT_BYTES))) {
    return single(store, { ...destination, headers }, request, signal)
  }
  const { checksumAlgorithm = 'CRC64NVME' } = request
  const created = await createMultipartUpload(
    store.call,
    key,
    { headers, algorithm: checksumAlgorithm },
    signal,
  )
  const window = { from: 1, to: Math.min(mark.plan.partCount, FIRST_WINDOW_PARTS) }
  return {
    kind: 'multipart',
    key,
    uploadId: joinUploadId(mark, created.uploadId),
    ...mark.plan,
    checksumAlgorithm: created.algorithm,
    ...(created.abortDate && { abortDate: created.abortDate }),
    signed: isStream
      ? NOTHING_SIGNED
      : await signParts(store, { ...created, plan: mark.plan }, window, undefined, signal),
  }
}

/** The parts of a stream are signed as they are read. */
const NOTHING_SIGNED = { parts: [], expiresAt: new Date(0).toISOString(), expiresIn: 0 }

const marks = new WeakMap<InitiateRequest, UploadMark>()

/** A request that is made again, for a URL that was refused or an answer that was lost, is the same upload's. */
function markOf({ time }: S3Store, request: InitiateRequest, isStream: boolean): UploadMark {
  const known = marks.get(request)
  if (known) return known
  const plan = planParts(request.size, request.partSize)
  const seed = [time.now(), randomBytes(10)] as const
  const mark = isStream && plan.partCount > 1 ? openMark(plan.partSize, ...seed) : createMark(plan, ...seed)
  marks.set(request, mark)
  return mark
}

/** @throws {ProblemError} `invalid-request` for metadata that has the mark's name, or is too long with it */
function metadataHeaders(
  { fileName, metadata = {} }: InitiateRequest,
  mark: UploadMark,
): Record<string, string> {
  if (MARK_METADATA in metadata) {
    throw new ProblemError(
      'invalid-request',
      `Metadata may not be called ${MARK_METADATA}: what tells this upload from others stands there. Choose another name.`,
    )
  }
  const encoded = encodeUserMetadata(fileName, { ...metadata, [MARK_METADATA]: mark.text })
  return Object.fromEntries(Object.entries(encoded).map(([name, value]) => [`x-amz-meta-${name}`, value]))
}

async function single(
  store: S3Store,
  { key, overwrite, headers }: Destination,
  { size, checksum }: InitiateRequest,
  signal: AbortSignal,
): Promise<InitiateResponse> {
  const { presigner, expiresIn } = await livePresigner(store, signal)
  const signed = presigner.presign({
    method: 'PUT',
    key,
    query: [['x-id', 'PutObject']],
    headers: {
      ...headers,
      'content-length': String(size),
      ...(overwrite ? {} : { 'if-none-match': '*' }),
      ...(checksum && { [`x-amz-checksum-${checksum.algorithm.toLowerCase()}`]: checksum.value }),
    },
    expiresIn,
  })
  return { kind: 'single', key, method: 'PUT', ...signed, expiresAt: signed.expiresAt.toISOString() }
}
