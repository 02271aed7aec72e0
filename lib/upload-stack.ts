import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { MAX_OBJECT_BYTES } from '../protocol/limits.ts'
import type { Auth } from './auth.ts'
import { UploadApi } from './upload-api.ts'
import { UploadBucket } from './upload-bucket.ts'

export interface UploadStackProps extends StackProps {
  /**
   * Who may call the API.
   * @default 'iam', for which requests are signed with AWS credentials
   */
  readonly auth?: Auth
  /**
   * The origins whose pages may use the API and the bucket.
   * @default none: no page, only clients outside browsers
   */
  readonly origins?: readonly string[]
  /**
   * The largest object in bytes.
   * @default 53,687,091,200,000, which is S3's own limit
   */
  readonly maxObjectSize?: number
  /**
   * Seconds that a presigned URL lives. A client signs again when one expires, so an hour does for any size.
   * @default 3600
   */
  readonly urlLifetime?: number
  /**
   * Days after which the parts of an unfinished upload are deleted.
   * @default 7
   */
  readonly abortAfterDays?: number
}

const KEY_PREFIX = 'uploads'
/** Two calls an upload: 50 a second begin and end 25 uploads a second. */
const THROTTLE = { rateLimit: 50, burstLimit: 100 }
const LOG_RETENTION = RetentionDays.ONE_MONTH

/** A bucket and an API in front of it, which is all that an upload endpoint needs. */
export class UploadStack extends Stack {
  constructor(scope: Construct, id: string, props: UploadStackProps = {}) {
    const {
      auth = 'iam',
      origins = [],
      maxObjectSize = MAX_OBJECT_BYTES,
      urlLifetime = 3600,
      abortAfterDays = 7,
      ...stackProps
    } = props
    super(scope, id, { description: 'Partway: uploads of any size, straight to S3', ...stackProps })

    const bucket = new UploadBucket(this, 'Bucket', { origins, keyPrefix: KEY_PREFIX, abortAfterDays })
    const api = new UploadApi(this, 'Api', {
      bucket,
      keyPrefix: KEY_PREFIX,
      auth,
      origins,
      maxObjectSize,
      urlLifetime: Duration.seconds(urlLifetime),
      throttle: THROTTLE,
      logRetention: LOG_RETENTION,
    })

    new CfnOutput(this, 'ApiUrl', {
      value: api.url,
      description: 'What clients are given: partway … --api URL',
    })
    new CfnOutput(this, 'BucketName', { value: bucket.bucketName, description: 'Where the objects are' })
    new CfnOutput(this, 'Auth', { value: auth, description: 'Who may call the API' })
    new CfnOutput(this, 'Region', { value: this.region })
  }
}
