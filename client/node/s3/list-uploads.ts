import { MAX_LIST_PAGE } from '../../../protocol/limits.ts'
import { type PartPlan, partRange, planParts } from '../../../protocol/part-plan.ts'
import { ProblemError } from '../../../protocol/problems.ts'
import type { ListedUpload, UploadsPage, UploadsQuery } from '../../control-plane.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { listMultipartUploads } from './list-multipart-uploads.ts'
import { listParts } from './list-parts.ts'
import type { S3Upload } from './multipart-upload.ts'
import type { S3Store } from './store.ts'
import { joinUploadId, unknownMark } from './upload-mark.ts'

const DEFAULT_PAGE = 20

/**
 * Unfinished uploads, whoever began them, by S3's own ids. What a file is looked for that may be among them, only those to its key are told,
 * with the plan that the parts which are there speak for.
 * @param key of that file
 */
export async function listUploads(
  store: S3Store,
  { prefix, key }: { prefix: string; key: string | undefined },
  { limit = DEFAULT_PAGE, cursor, like }: UploadsQuery,
  signal: AbortSignal,
): Promise<UploadsPage> {
  const after = cursor === undefined ? undefined : decodeCursor(cursor)
  const page = await listMultipartUploads(store.call, { prefix, limit, after }, signal)
  const wanted = page.uploads.filter((upload) => !like || upload.key === key)
  const uploads: ListedUpload[] = []
  for (const upload of wanted) {
    const named = { ...upload, fileName: like?.fileName ?? upload.key.slice(upload.key.lastIndexOf('/') + 1) }
    const plan = like && (await planOf(store, upload, like.size, signal))
    uploads.push(
      plan
        ? {
            ...named,
            size: plan.size,
            partSize: plan.partSize,
            uploadId: joinUploadId(unknownMark(plan), upload.uploadId),
          }
        : named,
    )
  }
  return { uploads, ...(page.next && { next: encodeCursor(page.next) }) }
}

/** @returns `undefined` where no part is there, or they are not those of a file of that size */
async function planOf(
  { call }: S3Store,
  upload: S3Upload,
  size: number,
  signal: AbortSignal,
): Promise<PartPlan | undefined> {
  const { parts = [] } = (await listParts(call, upload, MAX_LIST_PAGE, signal)) ?? {}
  const plan = planIfSound(size, Math.max(0, ...parts.map((part) => part.size)))
  const fits = parts.every(
    ({ partNumber, size }) =>
      plan && partNumber <= plan.partCount && size === partRange(plan, partNumber).size,
  )
  return fits ? plan : undefined
}

function planIfSound(size: number, partSize: number): PartPlan | undefined {
  try {
    return planParts(size, partSize)
  } catch (error) {
    if (error instanceof ProblemError) return undefined
    throw error
  }
}
