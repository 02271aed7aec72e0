import { MAX_LIST_PAGE } from '../../../protocol/limits.ts'
import type { ListedObject, ObjectsPage, ObjectsQuery } from '../../control-plane.ts'
import { unquoted } from './answers.ts'
import type { S3Call } from './call.ts'
import { childrenOf, parseXml, textOf, type XmlElement } from './xml.ts'

/**
 * Keys travel percent-encoded: XML cannot hold all that they can.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
export async function listObjects(
  call: S3Call,
  { prefix = '', limit = MAX_LIST_PAGE, cursor }: ObjectsQuery,
  signal: AbortSignal,
): Promise<ObjectsPage> {
  const query: [string, string][] = [
    ['encoding-type', 'url'],
    ['list-type', '2'],
    ['max-keys', String(limit)],
    ['prefix', prefix],
  ]
  if (cursor !== undefined) query.push(['continuation-token', cursor])
  const answer = await call({ method: 'GET', query, to: 'list the objects' }, signal)
  const root = parseXml(answer.body)
  // A store that knows no encoding says nothing of one.
  const decode = textOf(root, 'EncodingType') === 'url' ? decodeKey : (key: string) => key
  const objects = childrenOf(root, 'Contents').map((entry) => listed(entry, decode))
  if (textOf(root, 'IsTruncated') !== 'true') return { objects }
  const next = textOf(root, 'NextContinuationToken')
  if (!next || next === cursor) throw new SyntaxError('more objects, and no way to the next page')
  return { objects, next }
}

function listed(entry: XmlElement, decode: (key: string) => string): ListedObject {
  const key = decode(textOf(entry, 'Key') ?? '')
  const etag = unquoted(textOf(entry, 'ETag') ?? '')
  return {
    key,
    fileName: key.slice(key.lastIndexOf('/') + 1),
    size: Number(textOf(entry, 'Size')),
    modified: new Date(textOf(entry, 'LastModified') ?? 0).toISOString(),
    ...(etag && { etag }),
  }
}

/** As in a query: AWS writes a space as a plus sign, others as `%20`, and all of them a plus sign as `%2B`. */
function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '))
  } catch {
    throw new SyntaxError(`the key ${key}, which is not percent-encoded`)
  }
}
