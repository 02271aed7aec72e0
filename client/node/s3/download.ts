import { ProblemError } from '../../../protocol/problems.ts'
import type { DownloadResponse } from '../../../protocol/schemas.ts'
import { decodeUserMetadata } from '../../../protocol/user-metadata.ts'
import { headObject } from './head-object.ts'
import { livePresigner } from './sign-parts.ts'
import type { S3Store } from './store.ts'
import { MARK_METADATA, parseMark, withSize } from './upload-mark.ts'

/** Says what an object is, and signs a GET of it. @throws {ProblemError} `object-unknown` */
export async function download(store: S3Store, key: string, signal: AbortSignal): Promise<DownloadResponse> {
  const head = await headObject(store.call, key, signal)
  if (!head)
    throw new ProblemError('object-unknown', `Expected an object at ${key}, found none. Look at the key.`)
  const { presigner, expiresIn } = await livePresigner(store, signal)
  const { url, expiresAt } = presigner.presign({
    method: 'GET',
    key,
    query: [['x-id', 'GetObject']],
    expiresIn,
  })
  const { fileName = key.slice(key.lastIndexOf('/') + 1) } = decodeUserMetadata(head.metadata)
  const partCount = /-(\d+)$/.exec(head.etag)?.[1]
  const mark = parseMark(head.metadata[MARK_METADATA])
  const plan = mark && withSize(mark, head.size).plan
  return {
    key,
    url,
    fileName,
    size: head.size,
    etag: head.etag,
    ...(head.checksum && { checksum: head.checksum }),
    contentType: head.contentType ?? 'application/octet-stream',
    ...(partCount && plan?.size === head.size && { partCount: Number(partCount), partSize: plan.partSize }),
    expiresAt: expiresAt.toISOString(),
    expiresIn,
  }
}
