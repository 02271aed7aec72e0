import type { Duration, RemovalPolicy, Size } from 'aws-cdk-lib'
import type { IDomainName, ThrottleSettings } from 'aws-cdk-lib/aws-apigatewayv2'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { StorageClass } from 'aws-cdk-lib/aws-s3'
import type { UploadAuth } from './upload-auth.ts'
import type { AnyBucket } from './upload-bucket.ts'
import type { SiteOptions } from './upload-site.ts'

export interface PartwayUploadsProps {
  /**
   * Where the objects go. A `Bucket` of your app is given the CORS rule of the allowed origins and the lifecycle rule that
   * `abortAfter` asks for. An imported bucket cannot be changed by CloudFormation: a warning at synthesis says what its
   * owner sets, and docs/construct.md how.
   * @default a private one: public access blocked, TLS only, encrypted, its objects owned by the account
   */
  readonly bucket?: AnyBucket
  /**
   * Where the keys of the uploads begin, without a slash at either end. The functions may touch nothing outside it.
   * @default 'uploads'
   */
  readonly prefix?: string
  /**
   * Who may call the API.
   * @default UploadAuth.iam()
   */
  readonly auth?: UploadAuth
  /**
   * The origins whose pages may use the API and the bucket, such as `https://www.example.com`; with `UploadAuth.iam()` also
   * `*`.
   * @default none: no page, only clients outside browsers
   */
  readonly allowedOrigins?: readonly string[]
  /**
   * The largest object.
   * @default 53,687,091,200,000 bytes (48.8 TiB), S3's own limit
   */
  readonly maxObjectSize?: Size
  /**
   * The content types that may be uploaded, such as `application/pdf` or `image/*`.
   * @default any
   */
  readonly allowedContentTypes?: readonly string[]
  /**
   * How long a presigned URL lives, from a minute to an hour. A client signs again when one expires, so this bounds no
   * upload's size.
   * @default Duration.hours(1)
   */
  readonly urlLifetime?: Duration
  /**
   * After how long the parts of an unfinished upload are deleted, in whole days. Until then it can be resumed.
   * @default Duration.days(7)
   */
  readonly abortAfter?: Duration
  /**
   * The key that the bucket encrypts with. Beside `bucket`: the key which that bucket encrypts with by itself.
   * @default the key of `bucket`, where it has one; otherwise S3's own keys (SSE-S3)
   */
  readonly encryptionKey?: IKey
  /**
   * Whether bytes travel through S3 Transfer Acceleration, which costs extra. Beside `bucket`: it must be on there.
   * @default false
   */
  readonly transferAcceleration?: boolean
  /**
   * The storage class that objects are put into; one whose objects can be read at once.
   * @default the bucket's own: STANDARD
   */
  readonly storageClass?: StorageClass
  /**
   * Requests a second to the API, and in a burst. An upload of up to 1,000 parts makes two.
   * @default 50 a second, 100 in a burst
   */
  readonly throttle?: ThrottleSettings
  /**
   * A domain of yours for the API, with its certificate. DNS is yours to point at it.
   * @default the API's own, `https://{id}.execute-api.{region}.amazonaws.com/`
   */
  readonly domainName?: IDomainName
  /**
   * How long logs are kept.
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays
  /**
   * Who is written to when an alarm goes off, and when it is over. They confirm the address in a first mail.
   * @default nobody
   */
  readonly alarmEmail?: string
  /**
   * What becomes of the bucket that is made here when the stack goes. CloudFormation deletes only an empty one.
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy
  /**
   * A web page to upload from, behind CloudFront, which signs people in where `auth` is by token. Its origin is allowed
   * beside `allowedOrigins`.
   * @default false
   */
  readonly site?: boolean | SiteOptions
}
