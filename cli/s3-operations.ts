import type { UploadId } from '../client/control-plane.ts'
import { abort } from '../client/node/s3/abort.ts'
import { type AbortRule, abortDate, abortRules } from '../client/node/s3/lifecycle.ts'
import { listMultipartUploads } from '../client/node/s3/list-multipart-uploads.ts'
import { listObjects } from '../client/node/s3/list-objects.ts'
import { listAllParts } from '../client/node/s3/list-parts.ts'
import { createMultipartUpload, type S3Upload } from '../client/node/s3/multipart-upload.ts'
import { objectHeaders } from '../client/node/s3/object-headers.ts'
import { presignParts } from '../client/node/s3/presign-parts.ts'
import { asApi } from '../client/node/s3/problems.ts'
import { parseMark, s3UploadIdOf } from '../client/node/s3/upload-mark.ts'
import { MAX_LIST_PAGE } from '../protocol/limits.ts'
import { planParts } from '../protocol/part-plan.ts'
import { encodeUserMetadata } from '../protocol/user-metadata.ts'
import type { S3Access } from './connect.ts'
import type { BegunUpload, Operations } from './operations.ts'
import { completeUpload } from './s3-complete.ts'

const DEFAULT_CONTENT_TYPE = 'application/octet-stream'

/** Straight to S3: one of its operations each, except where it answers in pages. */
export function s3Operations({ store, connections, close }: S3Access): Operations {
  const { call, keeping, time } = store
  let rules: Promise<AbortRule[] | undefined> | undefined

  /** Where the answer to ListParts does not say it, as some stores do not. */
  async function ruledAbortDate({ key, initiated }: BegunUpload, signal: AbortSignal) {
    rules ??= abortRules(call, signal).catch(() => undefined)
    const known = await rules
    const isAws = store.place.endpoint === undefined
    if (!known) return isAws ? { abortDate: null } : {}
    return { abortDate: abortDate(known, key, new Date(initiated))?.toISOString() ?? null }
  }

  return {
    connections,
    keeping,
    initiate: (
      {
        key = '',
        fileName,
        size,
        partSize,
        contentType,
        metadata = {},
        checksumAlgorithm,
        headers: given = {},
      },
      signal,
    ) =>
      asApi(async () => {
        const plan = size === undefined ? {} : planParts(size, partSize)
        const encoded = Object.entries(encodeUserMetadata(fileName, metadata))
        const headers = {
          ...objectHeaders(given),
          'content-type': contentType ?? DEFAULT_CONTENT_TYPE,
          ...Object.fromEntries(encoded.map(([name, value]) => [`x-amz-meta-${name}`, value])),
        }
        const { algorithm, uploadId, abortDate } = await createMultipartUpload(
          call,
          key,
          { headers, algorithm: checksumAlgorithm ?? 'CRC64NVME' },
          signal,
        )
        return {
          kind: 'multipart' as const,
          key,
          uploadId,
          ...plan,
          checksumAlgorithm: algorithm,
          ...(abortDate && { abortDate }),
        }
      }),
    planOf: ({ uploadId }) => parseMark(uploadId.split(':')[0])?.plan,
    presign: (upload, parts, signal) => asApi(() => presignParts(store, own(upload), parts, signal)),
    listParts: (upload, signal) =>
      asApi(async () => {
        const { key, uploadId } = own(upload)
        const listing = await listAllParts(call, { key, uploadId }, signal)
        if (!listing) return undefined
        const { algorithm, parts, ...terms } = listing
        return { key, uploadId, checksumAlgorithm: algorithm, ...terms, parts }
      }),
    complete: (upload, request, signal) => asApi(() => completeUpload(store, own(upload), request, signal)),
    abort: (upload, signal) => asApi(() => abort(store, own(upload), signal)),
    async *uploads(prefix, signal) {
      let after: S3Upload | undefined
      do {
        const query = { prefix, limit: MAX_LIST_PAGE, after }
        const page = await asApi(() => listMultipartUploads(call, query, signal))
        yield* page.uploads.map((upload) => ({
          ...upload,
          fileName: upload.key.slice(upload.key.lastIndexOf('/') + 1),
        }))
        after = page.next
      } while (after)
    },
    held: (upload, signal) =>
      asApi(async () => {
        const listing = await listAllParts(call, upload, signal)
        if (!listing) return undefined
        const { parts, abortDate } = listing
        return {
          parts: parts.length,
          bytes: parts.reduce((sum, { size }) => sum + size, 0),
          ...(abortDate ? { abortDate } : await ruledAbortDate(upload, signal)),
        }
      }),
    async *objects(prefix, signal) {
      let cursor: string | undefined
      do {
        const query = { prefix, cursor }
        const page = await asApi(() => listObjects(call, query, signal))
        yield* page.objects
        cursor = page.next
      } while (cursor !== undefined)
    },
    now: () => time.now(),
    close,
  }
}

/** A script may pass the id that `partway upload` tells, which holds the plan. */
function own({ key, uploadId }: UploadId): S3Upload {
  return { key, uploadId: s3UploadIdOf(uploadId) }
}
