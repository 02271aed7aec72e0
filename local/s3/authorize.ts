import { S3Error } from './errors.ts'
import type { Principal } from './principal.ts'

/**
 * Asks IAM's question.
 *
 * @param action As IAM calls it: `s3:PutObject`.
 * @param bucketName Absent: all buckets.
 * @param key Absent: the bucket itself.
 * @param prefix Of a listing: `s3:prefix` in the conditions of a policy.
 * @throws S3Error `AccessDenied`
 */
export function assertAllowed(
  principal: Principal,
  action: string,
  bucketName?: string,
  key?: string,
  prefix?: string,
): void {
  const resource =
    bucketName === undefined ? '*' : `arn:aws:s3:::${bucketName}${key === undefined ? '' : `/${key}`}`
  if (principal.allows(action, resource, { prefix })) return
  throw new S3Error(
    'AccessDenied',
    `User: ${principal.accessKeyId} is not authorized to perform: ${action} on resource: "${resource}" because no identity-based policy allows the ${action} action`,
  )
}
