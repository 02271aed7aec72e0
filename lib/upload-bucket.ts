import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CorsRule,
  HttpMethods,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'

export interface UploadBucketProps {
  /** The origins whose pages may send parts and read objects, such as `https://www.example.com`. */
  readonly origins: readonly string[]
  /** Where the uploads' keys begin, without a slash at the end. */
  readonly keyPrefix: string
  /** Days after which the parts of an unfinished upload are deleted. */
  readonly abortAfterDays: number
}

/** What a page has to read of S3's answers, beyond what CORS lets through by itself. */
const EXPOSED_HEADERS = [
  'ETag',
  'Content-Range',
  'Accept-Ranges',
  'Date',
  'x-amz-checksum-crc64nvme',
  'x-amz-checksum-crc32',
  'x-amz-checksum-crc32c',
  'x-amz-version-id',
  'x-amz-request-id',
  'x-amz-id-2',
]

/** A private bucket that pages of the given origins can use through presigned URLs. It stays when the stack goes. */
export class UploadBucket extends Bucket {
  constructor(scope: Construct, id: string, { origins, keyPrefix, abortAfterDays }: UploadBucketProps) {
    super(scope, id, {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      encryption: BucketEncryption.S3_MANAGED,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: RemovalPolicy.RETAIN,
      cors: origins.length === 0 ? [] : [corsRule(origins)],
      lifecycleRules: [
        {
          id: 'AbortIncompleteMultipartUploads',
          // S3 refuses this action beside a filter by tag or size: a prefix, and nothing else in the rule.
          prefix: `${keyPrefix}/`,
          abortIncompleteMultipartUploadAfter: Duration.days(abortAfterDays),
        },
      ],
    })
  }
}

function corsRule(origins: readonly string[]): CorsRule {
  return {
    allowedOrigins: [...origins],
    allowedMethods: [HttpMethods.GET, HttpMethods.PUT, HttpMethods.POST, HttpMethods.HEAD],
    allowedHeaders: ['*'],
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: Duration.hours(1).toSeconds(),
  }
}
