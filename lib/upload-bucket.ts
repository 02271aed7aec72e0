import { Annotations, Aws, Duration, type RemovalPolicy, Token, Validations } from 'aws-cdk-lib'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CorsRule,
  HttpMethods,
  type IBucket,
  type LifecycleRule,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { EXPOSED_HEADERS } from '../protocol/exposed-headers.ts'

/** Under `exactOptionalPropertyTypes`, the CDK's `Bucket`, whose `isWebsite` may be undefined, is no `IBucket`. */
export type AnyBucket = IBucket | Bucket

/** What uploads from pages need of a bucket. */
export interface UploadRules {
  /** The origins whose pages may send parts and read objects, such as `https://www.example.com`. */
  readonly origins: readonly string[]
  /** Where the uploads' keys begin, without a slash at the end. */
  readonly keyPrefix: string
  /** Whole days after which the parts of an unfinished upload are deleted. */
  readonly abortAfter: Duration
}

export interface UploadBucketProps {
  readonly encryptionKey: IKey | undefined
  readonly transferAcceleration: boolean
  readonly removalPolicy: RemovalPolicy
}

/** What AWS asks for, of a request that went wrong. */
const REQUEST_IDS = ['x-amz-request-id', 'x-amz-id-2']

/** A private bucket that pages of the given origins can use through presigned URLs. */
export class UploadBucket extends Bucket {
  constructor(
    scope: Construct,
    id: string,
    { encryptionKey, transferAcceleration, removalPolicy }: UploadBucketProps,
  ) {
    super(scope, id, {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      ...(encryptionKey
        ? { encryption: BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }
        : { encryption: BucketEncryption.S3_MANAGED }),
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      ...(transferAcceleration && { transferAcceleration }),
      removalPolicy,
    })
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Every URL is signed by a function, whose calls are in the access log of the API. Who wants the server access logs of S3 as well, and a bucket to keep them in, gives a bucket that has them.',
    })
  }
}

/** Gives a bucket its rules: by the template where that can, by telling its owner where it cannot. */
export function setUploadRules(bucket: AnyBucket, rules: UploadRules): void {
  if (bucket instanceof Bucket) addRules(bucket, rules)
  else warnOfRules(bucket, rules)
}

/** Below which the presigned URLs of a bucket lie: a source of a content security policy. */
export function storeUrl({ bucketName, env }: AnyBucket, transferAcceleration: boolean): string {
  const service = transferAcceleration ? 's3-accelerate' : `s3.${env.region}`
  // With dots, which no certificate of the service covers, its name is a segment of the path.
  const inPath = !Token.isUnresolved(bucketName) && bucketName.includes('.')
  return inPath
    ? `https://${service}.${Aws.URL_SUFFIX}/${bucketName}/`
    : `https://${bucketName}.${service}.${Aws.URL_SUFFIX}`
}

function addRules(bucket: Bucket, { origins, keyPrefix, abortAfter }: UploadRules): void {
  if (origins.length > 0) bucket.addCorsRule(corsRule(origins))
  bucket.addLifecycleRule(abortRule(keyPrefix, abortAfter))
}

function warnOfRules(bucket: IBucket, { origins, keyPrefix, abortAfter }: UploadRules): void {
  const cors =
    origins.length > 0
      ? `a CORS rule for ${origins.map(nameOrigin).join(', ')}`
      : 'no CORS rule (there are no allowedOrigins)'
  Annotations.of(bucket).addWarningV2(
    'partway:imported-bucket',
    `CloudFormation cannot change the imported bucket ${bucket.bucketName}. Its owner has to give it ${cors}, and a lifecycle rule with the prefix ${keyPrefix}/ and no other filter that aborts incomplete multipart uploads after ${abortAfter.toDays()} days. docs/construct.md has the calls.`,
  )
}

/** What is known at deployment only has no name yet. */
function nameOrigin(origin: string): string {
  return Token.isUnresolved(origin) ? 'the page (output SiteUrl)' : origin
}

function corsRule(origins: readonly string[]): CorsRule {
  return {
    allowedOrigins: [...origins],
    allowedMethods: [HttpMethods.GET, HttpMethods.PUT, HttpMethods.POST, HttpMethods.HEAD],
    allowedHeaders: ['*'],
    exposedHeaders: [...EXPOSED_HEADERS, ...REQUEST_IDS],
    maxAge: Duration.hours(1).toSeconds(),
  }
}

function abortRule(keyPrefix: string, abortAfter: Duration): LifecycleRule {
  return {
    // Two constructs may share a bucket, and S3 refuses two rules of one id.
    id: `AbortIncompleteMultipartUploads ${keyPrefix}/`,
    // S3 refuses this action beside a filter by tag or size: a prefix, and nothing else in the rule.
    prefix: `${keyPrefix}/`,
    abortIncompleteMultipartUploadAfter: abortAfter,
  }
}
