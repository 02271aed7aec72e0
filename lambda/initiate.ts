import { randomBytes } from 'node:crypto'
import { MAX_SINGLE_PUT_BYTES } from '../protocol/limits.ts'
import { formatKey, uuidV7 } from '../protocol/object-key.ts'
import { type PartPlan, planParts } from '../protocol/part-plan.ts'
import { ProblemError } from '../protocol/problems.ts'
import { type RequestOf, routes } from '../protocol/routes.ts'
import type { InitiateResponse } from '../protocol/schemas.ts'
import { encodeUserMetadata } from '../protocol/user-metadata.ts'
import { checksumHeader, uploadAlgorithm } from './checksum.ts'
import { config } from './config.ts'
import { endpoint } from './endpoint.ts'
import { emitMetrics } from './metrics.ts'
import { presigner } from './presigner.ts'
import { createMultipartUpload } from './s3.ts'
import { firstWindow, numbersOf, signUrls, signWindow } from './signed-window.ts'

const DEFAULT_CONTENT_TYPE = 'application/octet-stream'

/** Freezes the plan and chooses the key: a small object gets one plain PUT, a larger one an upload and its first URLs. */
export const handler = endpoint(routes.initiate, async (request, caller) => {
  const upload = draft(request, caller)
  const { size, partSize } = upload.plan
  const answer =
    size <= Math.min(partSize, MAX_SINGLE_PUT_BYTES)
      ? single(upload, request)
      : await multipart(upload, request)
  emitMetrics({ UploadsStarted: 1 })
  return answer
})

type Request = RequestOf<typeof routes.initiate>

interface Draft {
  key: string
  plan: PartPlan
  contentType: string
  metadata: Record<string, string>
}

function draft(
  { fileName, size, partSize, contentType = DEFAULT_CONTENT_TYPE, metadata }: Request,
  caller: string,
): Draft {
  requireSize(size)
  requireAllowed(contentType)
  const plan = planParts(size, partSize)
  const id = uuidV7(new Date(), randomBytes(10))
  return {
    key: formatKey({ prefix: config.keyPrefix, caller, id, plan, fileName }),
    plan,
    contentType,
    metadata: encodeUserMetadata(fileName, metadata),
  }
}

function single(
  { key, plan, contentType, metadata }: Draft,
  { checksum, checksumAlgorithm }: Request,
): InitiateResponse {
  if (checksum && checksumAlgorithm && checksum.algorithm !== checksumAlgorithm) {
    throw new ProblemError(
      'invalid-request',
      `Expected a checksum of checksumAlgorithm ${checksumAlgorithm}, got one of ${checksum.algorithm}. Make them agree.`,
    )
  }
  const metadataHeaders = Object.entries(metadata).map(([name, value]) => [`x-amz-meta-${name}`, value])
  const { url, headers, expiresAt } = presigner.presign({
    method: 'PUT',
    key,
    query: [['x-id', 'PutObject']],
    headers: {
      'content-length': String(plan.size),
      'content-type': contentType,
      'if-none-match': '*',
      ...Object.fromEntries(metadataHeaders),
      ...(checksum && checksumHeader(checksum)),
      ...(config.storageClass && { 'x-amz-storage-class': config.storageClass }),
    },
    expiresIn: config.urlLifetime,
  })
  return { kind: 'single', key, method: 'PUT', url, headers, expiresAt: expiresAt.toISOString() }
}

async function multipart(
  { key, plan, contentType, metadata }: Draft,
  { checksum, checksumAlgorithm = 'CRC64NVME', format }: Request,
): Promise<InitiateResponse> {
  if (checksum) {
    throw new ProblemError(
      'invalid-request',
      `Expected no checksum yet: ${plan.size} bytes go in ${plan.partCount} parts, and S3 checks the whole at the end. Send it with complete.`,
    )
  }
  const created = await createMultipartUpload({
    Key: key,
    ContentType: contentType,
    Metadata: metadata,
    StorageClass: config.storageClass,
    ...(checksumAlgorithm !== 'NONE' && {
      ChecksumAlgorithm: checksumAlgorithm,
      ChecksumType: 'FULL_OBJECT',
    }),
  })
  if (!created.UploadId)
    throw new ProblemError('store-error', 'S3 created an upload without an id. Ask again.')

  const upload = { key, uploadId: created.UploadId, plan }
  const window = firstWindow(plan)
  return {
    kind: 'multipart',
    key,
    uploadId: created.UploadId,
    ...plan,
    // What the store agreed to: one that keeps no checksum of the whole would refuse it at the end.
    checksumAlgorithm: uploadAlgorithm(created),
    ...(created.AbortDate && { abortDate: created.AbortDate.toISOString() }),
    signed: format === 'urls' ? signUrls(upload, numbersOf(window)) : signWindow(upload, window),
  }
}

function requireSize(size: number): void {
  if (size > config.maxObjectSize) {
    throw new ProblemError(
      'too-large',
      `Expected at most ${config.maxObjectSize} bytes, which is this endpoint's limit; got ${size}.`,
      { maxObjectSize: config.maxObjectSize },
    )
  }
}

function requireAllowed(contentType: string): void {
  const allowed = config.allowedContentTypes
  const [type = ''] = contentType.toLowerCase().split(';')
  const fits = (pattern: string) =>
    pattern.endsWith('/*') ? type.trim().startsWith(pattern.slice(0, -1)) : type.trim() === pattern
  if (allowed && !allowed.some(fits)) {
    throw new ProblemError('type-not-allowed', `Expected one of ${allowed.join(', ')}; got ${contentType}.`, {
      allowed,
    })
  }
}
