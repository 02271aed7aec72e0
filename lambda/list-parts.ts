import { ProblemError } from '../protocol/problems.ts'
import { routes } from '../protocol/routes.ts'
import { ownKey } from './caller.ts'
import { uploadAlgorithm } from './checksum.ts'
import { endpoint } from './endpoint.ts'
import { listParts } from './s3.ts'
import { storedParts } from './stored-parts.ts'

/** What S3 holds of an upload: where a resume goes on. */
export const handler = endpoint(routes['list-parts'], async ({ key, uploadId }, caller) => {
  const { plan } = ownKey(key, caller)
  const listing = await listParts({ Key: key, UploadId: uploadId }, plan.partCount)
  if (!listing) {
    throw new ProblemError(
      'upload-unknown',
      'Expected an upload that is under way; this one was completed, aborted, has expired or never was. Complete it to learn which, or initiate anew.',
    )
  }
  return {
    key,
    uploadId,
    ...plan,
    checksumAlgorithm: uploadAlgorithm(listing),
    ...(listing.AbortDate && { abortDate: listing.AbortDate.toISOString() }),
    parts: storedParts(listing, plan),
  }
})
