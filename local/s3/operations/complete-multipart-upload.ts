import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, type ObjectCall, xmlAnswer } from '../call.ts'
import { checksumElement } from '../checksum.ts'
import { assemble } from '../complete.ts'
import { assertReplaceable } from '../conditions.ts'
import { quoted, readDocumentText } from '../document.ts'
import { errorDocument } from '../error-answer.ts'
import { Integrity } from '../integrity.ts'
import { encryptionOf } from '../keeping.ts'
import { assertSameParts, parseParts } from '../named-parts.ts'
import type { ObjectRecord } from '../store/records.ts'
import { renderXml, XML_DECLARATION } from '../xml.ts'

/** S3 keeps a slow completion's connection alive with white space. */
const WHITE_SPACE_MS = 1000

export async function completeMultipartUpload(call: ObjectCall): Promise<Answer> {
  const { bucket, endpoint, headers, key, query } = call
  const now = () => endpoint.now().getTime()
  const uploadId = query.get('uploadId') ?? ''
  const repeatable = bucket.uploads.completions.find(key, uploadId, now())
  if (repeatable === undefined) bucket.uploads.get(key, uploadId)
  const parts = parseParts(await readDocumentText(call, documentIntegrity(headers)))
  const checked = Promise.withResolvers<void>()
  const completed = bucket.uploads.complete(
    { key, uploadId },
    {
      now,
      assemble: async (upload) => {
        const record = assemble(upload, parts, headers, now())
        assertReplaceable(headers, bucket.objects.get(key))
        if (endpoint.completeDelayMs > 0) {
          checked.resolve()
          await sleep(endpoint.completeDelayMs, undefined, { signal: endpoint.closing })
        }
        return record
      },
      precondition: (current) => assertReplaceable(headers, current),
      assertRepeated: (record) => assertSameParts(record, parts),
    },
  )
  const first = await Promise.race([completed, checked.promise])
  if (first !== undefined) return xmlAnswer(renderResult(call, first), encryptionOf(first))
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: { length: undefined, chunks: slowly(call, completed), release: () => undefined },
  }
}

/** The status is out already, so that an error can only stand in the body. */
async function* slowly(call: ObjectCall, completed: Promise<ObjectRecord>): AsyncGenerator<string> {
  yield `${XML_DECLARATION}\n`
  const document = completed.then(
    (record) => renderResult(call, record),
    (error: unknown) => errorDocument(error, call.request),
  )
  for (;;) {
    const result = await Promise.race([document, sleep(WHITE_SPACE_MS, undefined, { ref: false })])
    if (result !== undefined) return yield result.slice(XML_DECLARATION.length)
    yield ' '
  }
}

function renderResult(call: ObjectCall, { etag, checksum }: ObjectRecord): string {
  const { bucketName, key, request } = call
  return renderXml('CompleteMultipartUploadResult', {
    Location: `http://${request.headers.get('host')}${request.canonicalPath}`,
    Bucket: bucketName,
    Key: key,
    ETag: quoted(etag),
    ...(checksum && { [checksumElement(checksum.algorithm)]: checksum.value, ChecksumType: checksum.type }),
  })
}

/** Here the checksum headers speak of the object, not of the document. */
function documentIntegrity(headers: ObjectCall['headers']): Integrity {
  return new Integrity(new Map([...headers].filter(([name]) => !name.startsWith('x-amz-checksum-'))))
}
