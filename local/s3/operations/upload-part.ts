import type { Answer, ObjectCall } from '../call.ts'
import { checksumHeader } from '../checksum.ts'
import { parsePartNumber, quoted } from '../document.ts'
import { S3Error } from '../errors.ts'
import { Integrity } from '../integrity.ts'
import { encryptionOf, etagOf } from '../keeping.ts'
import { assertSupported } from '../object-headers.ts'
import type { Upload } from '../store/uploads.ts'
import { assertPartSize, observed } from './put-object.ts'

export async function uploadPart(call: ObjectCall): Promise<Answer> {
  const { bucket, endpoint, headers, key, query } = call
  assertSupported(headers)
  const partNumber = parsePartNumber(query.get('partNumber') ?? '')
  const upload = bucket.uploads.get(key, query.get('uploadId') ?? '')
  const integrity = new Integrity(headers, upload.checksum?.algorithm)
  assertAnnounced(upload, integrity)
  const body = call.body()
  assertPartSize(body.size)
  let answer: Record<string, string> = {}
  await bucket.uploads.putPart(upload, observed(body.bytes, integrity), (size) => {
    const { md5, checksum } = integrity.finish(body.trailers)
    const etag = etagOf(md5, upload)
    answer = {
      etag: quoted(etag),
      ...encryptionOf(upload),
      ...(integrity.announced && checksum && { [checksumHeader(checksum.algorithm)]: checksum.value }),
    }
    return {
      partNumber,
      size,
      etag,
      checksum: checksum && Buffer.from(checksum.value, 'base64').toString('hex'),
      lastModified: endpoint.now().getTime(),
    }
  })
  return { status: 200, headers: answer }
}

/** A composite checksum needs one from the client with each part; a full-object one does not. */
function assertAnnounced({ checksum }: Upload, { announced }: Integrity): void {
  if (announced === checksum?.algorithm) return
  if (announced === undefined && checksum?.type === 'FULL_OBJECT') return
  const name = (algorithm: string | undefined) => algorithm?.toLowerCase() ?? 'null'
  throw new S3Error(
    'InvalidRequest',
    `Checksum Type mismatch occurred, expected checksum Type: ${name(checksum?.algorithm)}, actual checksum Type: ${name(announced)}`,
  )
}
