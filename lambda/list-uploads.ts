import { parseKey } from '../protocol/object-key.ts'
import { routes } from '../protocol/routes.ts'
import { callerPrefix } from './caller.ts'
import { decodeCursor, encodeCursor } from './cursor.ts'
import { endpoint } from './endpoint.ts'
import { listMultipartUploads, listParts, type Upload } from './s3.ts'
import { storedParts } from './stored-parts.ts'

const DETAILS_AT_A_TIME = 8

/** The caller's unfinished uploads, each with its plan, and on demand with what S3 holds of it. */
export const handler = endpoint(routes['list-uploads'], async ({ limit, cursor, details }, caller) => {
  const [KeyMarker, UploadIdMarker] = decodeCursor(cursor, 2, callerPrefix(caller))
  const page = await listMultipartUploads({
    Prefix: callerPrefix(caller),
    MaxUploads: limit,
    ...(KeyMarker && UploadIdMarker && { KeyMarker, UploadIdMarker }),
  })
  const uploads = (page.Uploads ?? []).flatMap(({ Key, UploadId, Initiated }) => {
    const parsed = Key && parseKey(Key)
    return parsed && UploadId
      ? [{ key: Key, uploadId: UploadId, parsed, initiated: Initiated ?? new Date(0) }]
      : []
  })
  const held = details ? await inLanes(DETAILS_AT_A_TIME, uploads, (upload) => whatIsHeld(upload)) : []
  return {
    uploads: uploads.map(({ key, uploadId, parsed, initiated }, index) => ({
      key,
      uploadId,
      fileName: parsed.fileName,
      size: parsed.plan.size,
      partSize: parsed.plan.partSize,
      initiated: initiated.toISOString(),
      ...held[index],
    })),
    ...(page.IsTruncated &&
      page.NextKeyMarker &&
      page.NextUploadIdMarker && { next: encodeCursor([page.NextKeyMarker, page.NextUploadIdMarker]) }),
  }
})

async function whatIsHeld({ key, uploadId, parsed: { plan } }: Listed): Promise<Held> {
  const upload: Upload = { Key: key, UploadId: uploadId }
  const listing = await listParts(upload, plan.partCount)
  const parts = listing ? storedParts(listing, plan) : []
  return {
    parts: parts.length,
    bytes: parts.reduce((sum, { size }) => sum + size, 0),
    ...(listing?.AbortDate && { abortDate: listing.AbortDate.toISOString() }),
  }
}

interface Held {
  parts: number
  bytes: number
  abortDate?: string
}

interface Listed {
  key: string
  uploadId: string
  parsed: NonNullable<ReturnType<typeof parseKey>>
}

/** `map`, with at most `lanes` under way: that many workers drain one iterator. Results in the order of the items. */
async function inLanes<T, U>(lanes: number, items: readonly T[], map: (item: T) => Promise<U>): Promise<U[]> {
  const results: U[] = []
  const queue = items.entries()
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await map(item)
  }
  await Promise.all(Array.from({ length: lanes }, worker))
  return results
}
