import { MAX_LIST_PAGE } from '../../../protocol/limits.ts'
import { type Answer, type ObjectCall, xmlAnswer } from '../call.ts'
import { type ChecksumAlgorithm, checksumElement } from '../checksum.ts'
import { keyEncoder, quoted, wholeNumber } from '../document.ts'
import { storageClassOf } from '../keeping.ts'
import type { StoredPart } from '../store/records.ts'
import { renderXml, type XmlContent } from '../xml.ts'
import { OWNER } from './buckets.ts'
import { abortHeaders } from './create-multipart-upload.ts'

export async function listParts(call: ObjectCall): Promise<Answer> {
  const { bucket, bucketName, key, query } = call
  const marker = wholeNumber(query, 'part-number-marker', 0)
  const maxParts = wholeNumber(query, 'max-parts', MAX_LIST_PAGE)
  const upload = bucket.uploads.get(key, query.get('uploadId') ?? '')
  const behind = [...upload.parts.values()]
    .filter(({ partNumber }) => partNumber > marker)
    .sort((a, b) => a.partNumber - b.partNumber)
  const page = behind.slice(0, Math.min(maxParts, MAX_LIST_PAGE))
  return xmlAnswer(
    renderXml('ListPartsResult', {
      Bucket: bucketName,
      EncodingType: query.get('encoding-type'),
      Key: keyEncoder(query)(key),
      UploadId: upload.uploadId,
      PartNumberMarker: marker,
      NextPartNumberMarker: page.at(-1)?.partNumber ?? 0,
      MaxParts: maxParts,
      IsTruncated: page.length < behind.length,
      Part: page.map((part) => describe(part, upload.checksum?.algorithm)),
      Initiator: OWNER,
      Owner: OWNER,
      StorageClass: storageClassOf(upload),
      ChecksumAlgorithm: upload.checksum?.algorithm,
      ChecksumType: upload.checksum?.type,
    }),
    abortHeaders(call, upload),
  )
}

function describe(part: StoredPart, algorithm: ChecksumAlgorithm | undefined): XmlContent {
  return {
    PartNumber: part.partNumber,
    LastModified: new Date(part.lastModified).toISOString(),
    ETag: quoted(part.etag),
    Size: part.size,
    ...(algorithm &&
      part.checksum && {
        [checksumElement(algorithm)]: Buffer.from(part.checksum, 'hex').toString('base64'),
      }),
  }
}
