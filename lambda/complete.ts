import { requireParts } from '../protocol/compare-plan.ts'
import type { PartPlan } from '../protocol/part-plan.ts'
import { ProblemError } from '../protocol/problems.ts'
import { type RequestOf, routes } from '../protocol/routes.ts'
import type { Checksum, ChecksumAlgorithm, CompleteResponse, StoredPart } from '../protocol/schemas.ts'
import { ownKey } from './caller.ts'
import { readChecksum, toS3Checksum, uploadAlgorithm } from './checksum.ts'
import { endpoint } from './endpoint.ts'
import { emitMetrics } from './metrics.ts'
import { objectUrl } from './presigner.ts'
import { completeMultipartUpload, headObject, listParts } from './s3.ts'
import { storedParts } from './stored-parts.ts'

/**
 * Makes the parts an object. Trusts nobody: the parts are those that S3 lists, compared with the plan in the key. Repeating it
 * is harmless: an upload that is gone is settled by the object that stands at its key, which no other upload ever has.
 */
export const handler = endpoint(routes.complete, async (request, caller) => {
  const { key, uploadId } = request
  const { plan } = ownKey(key, caller)
  requirePlanned(request, plan)

  const listing = await listParts({ Key: key, UploadId: uploadId }, plan.partCount)
  if (!listing) return settle(request, plan)

  const parts = storedParts(listing, plan)
  requireParts(parts, plan, request.parts)
  const algorithm = uploadAlgorithm(listing)
  requireAlgorithm(request.checksum, algorithm)

  const completed = await completeMultipartUpload({
    Key: key,
    UploadId: uploadId,
    MpuObjectSize: plan.size,
    MultipartUpload: { Parts: parts.map((part) => toCompletedPart(part, algorithm)) },
    ...(algorithm !== 'NONE' && { ChecksumType: 'FULL_OBJECT' }),
    ...(request.checksum && toS3Checksum(request.checksum)),
  }).catch((error: unknown) => {
    emitMetrics({ UploadsFailed: 1 })
    throw error
  })
  if (!completed?.ETag) return settle(request, plan)

  emitMetrics({ UploadsCompleted: 1, BytesCompleted: plan.size })
  return answer(key, plan.size, { ...completed, ETag: completed.ETag })
})

type Request = RequestOf<typeof routes.complete>

/** An upload that is unknown was completed before if the object is there, whole. */
async function settle({ key, checksum }: Request, plan: PartPlan): Promise<CompleteResponse> {
  const head = await headObject(key)
  if (head?.ContentLength !== plan.size || !head.ETag) {
    throw new ProblemError(
      'upload-unknown',
      'Expected an upload that is under way or completed; this one was aborted, has expired or never was. Initiate anew.',
    )
  }
  const completed = answer(key, plan.size, { ...head, ETag: head.ETag })
  if (
    checksum &&
    completed.checksum?.algorithm === checksum.algorithm &&
    completed.checksum.value !== checksum.value
  ) {
    throw new ProblemError(
      'checksum-mismatch',
      `The upload is completed, with the ${checksum.algorithm} ${completed.checksum.value}; expected ${checksum.value}. Upload the file anew.`,
    )
  }
  return completed
}

function answer(
  key: string,
  size: number,
  stored: Parameters<typeof readChecksum>[0] & { ETag: string; VersionId?: string | undefined },
): CompleteResponse {
  const checksum = readChecksum(stored)
  return {
    key,
    size,
    etag: stored.ETag.replaceAll('"', ''),
    ...(checksum && { checksum }),
    ...(stored.VersionId && { versionId: stored.VersionId }),
    location: objectUrl(key),
  }
}

function toCompletedPart({ partNumber, etag, checksum }: StoredPart, algorithm: ChecksumAlgorithm) {
  return {
    PartNumber: partNumber,
    ETag: etag,
    ...(checksum?.algorithm === algorithm && toS3Checksum(checksum)),
  }
}

function requirePlanned({ parts = [] }: Request, { partCount }: PartPlan): void {
  const outside = parts.find(({ partNumber }) => partNumber > partCount)
  if (outside) {
    throw new ProblemError(
      'invalid-request',
      `Expected parts from 1 to ${partCount}, which is this upload's plan; got part ${outside.partNumber}.`,
    )
  }
}

function requireAlgorithm(checksum: Checksum | undefined, algorithm: ChecksumAlgorithm): void {
  if (checksum && checksum.algorithm !== algorithm) {
    throw new ProblemError(
      'invalid-request',
      `Expected ${algorithm === 'NONE' ? 'no checksum' : `a ${algorithm}`}, which this upload was initiated with; got a ${checksum.algorithm}.`,
    )
  }
}
