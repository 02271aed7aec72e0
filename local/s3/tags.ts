import { MAX_TAG_KEY_LENGTH, MAX_TAG_VALUE_LENGTH, MAX_TAGS } from '../../protocol/limits.ts'
import { assertAllowed } from './authorize.ts'
import type { ObjectCall } from './call.ts'
import { invalidArgument, S3Error } from './errors.ts'
import type { Tag } from './store/records.ts'

const HEADER = 'x-amz-tagging'
const TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u

/**
 * The tags that a PutObject or CreateMultipartUpload brings along, written as a query is; to give them is a permission of its own.
 *
 * @throws S3Error `InvalidArgument`, `InvalidTag`, `BadRequest` for more than 10, `AccessDenied`
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
 */
export function tagsOf({ bucketName, headers, key, principal }: ObjectCall): Tag[] | undefined {
  const text = headers.get(HEADER)
  if (!text) return undefined
  assertAllowed(principal, 's3:PutObjectTagging', bucketName, key)
  const tags = [...new URLSearchParams(text)]
  if (tags.length > MAX_TAGS)
    throw new S3Error('BadRequest', `Object tags cannot be greater than ${MAX_TAGS}`)
  if (new Set(tags.map(([name]) => name)).size < tags.length) {
    throw invalidArgument(HEADER, text, 'The header x-amz-tagging contains a tag more than once')
  }
  for (const tag of tags) assertTag(tag)
  return tags
}

export function tagCount({ tags }: { tags?: readonly Tag[] | undefined }): Record<string, string> {
  return tags ? { 'x-amz-tagging-count': String(tags.length) } : {}
}

function assertTag([key, value]: Tag): void {
  if (key === '' || [...key].length > MAX_TAG_KEY_LENGTH || !TEXT.test(key) || key.startsWith('aws:')) {
    throw new S3Error('InvalidTag', 'The TagKey you have provided is invalid', { TagKey: key })
  }
  if ([...value].length > MAX_TAG_VALUE_LENGTH || !TEXT.test(value)) {
    throw new S3Error('InvalidTag', 'The TagValue you have provided is invalid', { TagValue: value })
  }
}
