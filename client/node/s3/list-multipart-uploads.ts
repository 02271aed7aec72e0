import type { S3Call } from './call.ts'
import type { S3Upload } from './multipart-upload.ts'
import { childrenOf, parseXml, textOf } from './xml.ts'

export interface ListedUpload extends S3Upload {
  readonly initiated: string
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html */
export async function listMultipartUploads(
  call: S3Call,
  page: { prefix: string; limit: number; after?: S3Upload | undefined },
  signal: AbortSignal,
): Promise<{ uploads: ListedUpload[]; next?: S3Upload }> {
  const { prefix, limit, after } = page
  const query: [string, string][] = [
    ['max-uploads', String(limit)],
    ['prefix', prefix],
    ['uploads', ''],
  ]
  if (after) query.push(['key-marker', after.key], ['upload-id-marker', after.uploadId])
  const answer = await call({ method: 'GET', query, to: 'list the unfinished uploads' }, signal)
  const root = parseXml(answer.body)
  const uploads = childrenOf(root, 'Upload').map((upload) => ({
    key: textOf(upload, 'Key') ?? '',
    uploadId: textOf(upload, 'UploadId') ?? '',
    initiated: new Date(textOf(upload, 'Initiated') ?? 0).toISOString(),
  }))
  const [key, uploadId] = [textOf(root, 'NextKeyMarker'), textOf(root, 'NextUploadIdMarker')]
  const more = textOf(root, 'IsTruncated') === 'true' && key && uploadId
  return { uploads, ...(more && { next: { key, uploadId } }) }
}
