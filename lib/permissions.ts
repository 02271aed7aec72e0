import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { RouteName } from '../protocol/routes.ts'

/**
 * What each function's role allows, written from what the operation performs and from what the URLs that it signs do.
 * S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuAndPermissions.html
 * KMS: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
 */
const permissions: Record<RouteName, Permission> = {
  describe: {},
  // CreateMultipartUpload; its URLs: PutObject, UploadPart.
  initiate: { objects: ['s3:PutObject'], key: ['kms:GenerateDataKey', 'kms:Decrypt'] },
  // Its URLs: UploadPart.
  presign: { objects: ['s3:PutObject'], key: ['kms:GenerateDataKey', 'kms:Decrypt'] },
  'list-parts': { objects: ['s3:ListMultipartUploadParts'], key: ['kms:Decrypt'] },
  // ListParts, CompleteMultipartUpload, HeadObject.
  complete: {
    objects: ['s3:ListMultipartUploadParts', 's3:PutObject', 's3:GetObject'],
    headsMissingObjects: true,
    key: ['kms:Decrypt'],
  },
  // AbortMultipartUpload, ListParts.
  abort: { objects: ['s3:AbortMultipartUpload', 's3:ListMultipartUploadParts'], key: ['kms:Decrypt'] },
  // ListMultipartUploads, and ListParts for the details.
  'list-uploads': {
    objects: ['s3:ListMultipartUploadParts'],
    bucket: ['s3:ListBucketMultipartUploads'],
    key: ['kms:Decrypt'],
  },
  // ListObjectsV2.
  'list-objects': { listsObjects: true },
  // HeadObject; its URLs: GetObject.
  download: { objects: ['s3:GetObject'], headsMissingObjects: true, key: ['kms:Decrypt'] },
}

interface Permission {
  /** Actions on the keys below the prefix. */
  readonly objects?: string[]
  /** Actions on the bucket itself. */
  readonly bucket?: string[]
  /** `s3:ListBucket` of the prefix. */
  readonly listsObjects?: true
  /** The exception: `s3:ListBucket` of the whole bucket, only so that HeadObject says 404 rather than 403. */
  readonly headsMissingObjects?: true
  /** Actions on the KMS key, where the bucket encrypts with one. */
  readonly key?: string[]
}

/** What the functions work on. */
export interface Store {
  readonly bucketArn: string
  readonly keyPrefix: string
  readonly encryptionKeyArn: string | undefined
}

/** The statements of one function's role, its log apart. */
export function statementsFor(
  route: RouteName,
  { bucketArn, keyPrefix, encryptionKeyArn }: Store,
): PolicyStatement[] {
  const { objects, bucket, listsObjects, headsMissingObjects, key } = permissions[route]
  const statements: PolicyStatement[] = []
  const allow = (actions: string[], resource: string, conditions = {}) =>
    statements.push(new PolicyStatement({ actions, resources: [resource], conditions }))

  if (objects) allow(objects, objectsArn({ bucketArn, keyPrefix }))
  if (bucket) allow(bucket, bucketArn)
  if (listsObjects) allow(['s3:ListBucket'], bucketArn, { StringLike: { 's3:prefix': `${keyPrefix}/*` } })
  if (headsMissingObjects) allow(['s3:ListBucket'], bucketArn)
  if (key && encryptionKeyArn) allow(key, encryptionKeyArn)
  return statements
}

/** Everything below the prefix. */
export function objectsArn({ bucketArn, keyPrefix }: Pick<Store, 'bucketArn' | 'keyPrefix'>): string {
  return `${bucketArn}/${keyPrefix}/*`
}
