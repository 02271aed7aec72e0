import type { Checksum, StoredPart } from '../../../protocol/schemas.ts'
import { storeError } from '../../store-call.ts'
import { checksumOf, only, unlessUnknown, unquoted } from './answers.ts'
import type { S3Answer, S3Call } from './call.ts'
import type { S3Upload } from './multipart-upload.ts'
import { escapeXml, parseXml, textOf, type XmlElement } from './xml.ts'

/**
 * One try: what an unanswered one means is for others to settle. An error can stand in the body of a 200.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html
 * @returns `undefined` where there is no such upload (any more)
 */
export async function completeMultipartUpload(
  call: S3Call,
  { key, uploadId }: S3Upload,
  { parts, headers }: { parts: readonly StoredPart[]; headers: Record<string, string> },
  signal: AbortSignal,
): Promise<{ etag: string; checksum?: Checksum; versionId?: string } | undefined> {
  const to = `make an object of ${key}`
  const request = {
    method: 'POST',
    key,
    query: [['uploadId', uploadId]],
    headers: { 'content-type': 'application/xml', ...headers },
    body: completion(parts),
    retries: 0,
    to,
  } as const
  const answer = await unlessUnknown(
    call(request, signal).then((answer) => ({ ...answer, root: rootOf(answer, to) })),
  )
  if (!answer) return undefined
  const { root } = answer
  const checksum = checksumOf(
    (algorithm) => textOf(root, `Checksum${algorithm}`),
    textOf(root, 'ChecksumType'),
  )
  const versionId = only(answer.headers['x-amz-version-id'])
  return {
    etag: unquoted(textOf(root, 'ETag') ?? ''),
    ...(checksum && { checksum }),
    ...(versionId && { versionId }),
  }
}

function rootOf({ body }: S3Answer, to: string): XmlElement {
  const root = parseXml(body)
  if (root.name !== 'Error') return root
  const code = textOf(root, 'Code') ?? ''
  const status =
    code === 'NoSuchUpload' ? 404 : code === 'PreconditionFailed' ? 412 : code === 'BadDigest' ? 400 : 503
  throw storeError({ status, body }, to)
}

function completion(parts: readonly StoredPart[]): string {
  const listed = parts.map(({ partNumber, etag, checksum }) => {
    const element = `Checksum${checksum?.algorithm}`
    const crc = checksum ? `<${element}>${escapeXml(checksum.value)}</${element}>` : ''
    return `<Part><PartNumber>${partNumber}</PartNumber><ETag>${escapeXml(etag)}</ETag>${crc}</Part>`
  })
  return `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${listed.join('')}</CompleteMultipartUpload>`
}
