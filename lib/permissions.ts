import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { RouteName } from '../protocol/routes.ts'

/**
 * What each function's role allows, written from what the operation performs and from what the URLs that it signs do.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuAndPermissions.html
 */
const permissions: Record<RouteName, Permission> = {
  describe: {},
  // CreateMultipartUpload; its URLs: PutObject, UploadPart.
  initiate: { objects: ['s3:PutObject'] },
  // Its URLs: UploadPart.
  presign: { objects: ['s3:PutObject'] },
  'list-parts': { objects: ['s3:ListMultipartUploadParts'] },
  // ListParts, CompleteMultipartUpload, HeadObject.
  complete: {
    objects: ['s3:ListMultipartUploadParts', 's3:PutObject', 's3:GetObject'],
    headsMissingObjects: true,
  },
  // AbortMultipartUpload, ListParts.
  abort: { objects: ['s3:AbortMultipartUpload', 's3:ListMultipartUploadParts'] },
  // ListMultipartUploads, and ListParts for the details.
  'list-uploads': { objects: ['s3:ListMultipartUploadParts'], bucket: ['s3:ListBucketMultipartUploads'] },
  // ListObjectsV2.
  'list-objects': { listsObjects: true },
  // HeadObject; its URLs: GetObject.
  download: { objects: ['s3:GetObject'], headsMissingObjects: true },
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
}

/** The S3 statements of one function's role. */
export function statementsFor(route: RouteName, bucketArn: string, keyPrefix: string): PolicyStatement[] {
  const { objects, bucket, listsObjects, headsMissingObjects } = permissions[route]
  const statements: PolicyStatement[] = []
  if (objects)
    statements.push(new PolicyStatement({ actions: objects, resources: [`${bucketArn}/${keyPrefix}/*`] }))
  if (bucket) statements.push(new PolicyStatement({ actions: bucket, resources: [bucketArn] }))
  if (listsObjects) {
    const conditions = { StringLike: { 's3:prefix': `${keyPrefix}/*` } }
    statements.push(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucketArn], conditions }))
  }
  if (headsMissingObjects) {
    statements.push(new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucketArn] }))
  }
  return statements
}
