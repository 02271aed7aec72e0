import { assertAllowed } from '../authorize.ts'
import { type Answer, type BucketCall, type ObjectCall, xmlAnswer } from '../call.ts'
import { readDocument } from '../document.ts'
import { notImplemented, S3Error } from '../errors.ts'
import { elements, renderXml, text, type XmlContent } from '../xml.ts'

const MAX_DELETES = 1000

/** Succeeds as well where there is no such object. */
export async function deleteObject({ bucket, headers, key }: ObjectCall): Promise<Answer> {
  if (headers.has('if-match')) throw notImplemented('If-Match')
  await bucket.objects.delete(key)
  return { status: 204 }
}

/** The permission is asked for each object alone, and an error concerns that object alone. */
export async function deleteObjects(call: BucketCall): Promise<Answer> {
  const document = await readDocument(call, 'Delete')
  const keys = elements(document, 'Object').map((object) => text(object, 'Key') ?? '')
  if (keys.length === 0 || keys.length > MAX_DELETES || keys.includes('')) throw new S3Error('MalformedXML')
  const quiet = text(document, 'Quiet') === 'true'
  const results: { Deleted?: XmlContent; Error?: XmlContent }[] = []
  for (const key of keys) results.push(await deleteOne(call, key))
  return xmlAnswer(
    renderXml('DeleteResult', {
      Deleted: quiet ? undefined : results.map(({ Deleted }) => Deleted),
      Error: results.map((result) => result.Error),
    }),
  )
}

async function deleteOne(
  { bucket, bucketName, principal }: BucketCall,
  key: string,
): Promise<{ Deleted?: XmlContent; Error?: XmlContent }> {
  try {
    assertAllowed(principal, 's3:DeleteObject', bucketName, key)
    await bucket.objects.delete(key)
    return { Deleted: { Key: key } }
  } catch (error) {
    if (!(error instanceof S3Error)) throw error
    return { Error: { Key: key, Code: error.code, Message: error.message } }
  }
}
