import { type Answer, type ObjectCall, xmlAnswer } from '../call.ts'
import { parseAlgorithm, parseType } from '../checksum.ts'
import { S3Error } from '../errors.ts'
import { encryptionOf } from '../keeping.ts'
import { abortDate } from '../lifecycle.ts'
import { assertSupported, objectHeaders } from '../object-headers.ts'
import type { UploadRecord } from '../store/records.ts'
import { tagsOf } from '../tags.ts'
import { renderXml } from '../xml.ts'

export async function createMultipartUpload(call: ObjectCall): Promise<Answer> {
  const { bucket, bucketName, endpoint, headers, key } = call
  assertSupported(headers)
  const upload = await bucket.uploads.create({
    key,
    initiated: endpoint.now().getTime(),
    headers: objectHeaders(headers),
    checksum: parseChecksum(headers),
    tags: tagsOf(call),
  })
  return xmlAnswer(
    renderXml('InitiateMultipartUploadResult', { Bucket: bucketName, Key: key, UploadId: upload.uploadId }),
    {
      ...abortHeaders(call, upload),
      ...encryptionOf(upload),
      'x-amz-checksum-algorithm': upload.checksum?.algorithm,
      'x-amz-checksum-type': upload.checksum?.type,
    },
  )
}

/** When the bucket's lifecycle will abort the upload, and by which rule. */
export function abortHeaders(
  { bucket, endpoint }: ObjectCall,
  upload: Pick<UploadRecord, 'key' | 'initiated'>,
): Record<string, string> {
  const due = abortDate(bucket.record.lifecycle ?? [], upload, endpoint.lifecycleDayMs)
  if (due === undefined) return {}
  return { 'x-amz-abort-date': due.date.toUTCString(), 'x-amz-abort-rule-id': encodeURIComponent(due.ruleId) }
}

function parseChecksum(headers: ObjectCall['headers']): UploadRecord['checksum'] {
  const name = headers.get('x-amz-checksum-algorithm')
  const type = headers.get('x-amz-checksum-type')
  if (name !== undefined) {
    const algorithm = parseAlgorithm(name)
    return { algorithm, type: parseType(algorithm, type) }
  }
  if (type === undefined) return undefined
  throw new S3Error(
    'InvalidRequest',
    'The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.',
  )
}
