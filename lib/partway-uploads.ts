import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib'
import type { Alarm, Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch'
import type { IUserPool } from 'aws-cdk-lib/aws-cognito'
import { type IRuleTarget, Rule } from 'aws-cdk-lib/aws-events'
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { MAX_OBJECT_BYTES } from '../protocol/limits.ts'
import { ConfigurationError } from './configuration-error.ts'
import { functionEnvironment } from './function-environment.ts'
import type { PartwayUploadsProps } from './partway-uploads-props.ts'
import { objectsArn } from './permissions.ts'
import { requireProps } from './require-props.ts'
import { UploadAlarms } from './upload-alarms.ts'
import { UploadApi } from './upload-api.ts'
import { UploadAuth } from './upload-auth.ts'
import { type AnyBucket, setUploadRules, storeUrl, UploadBucket } from './upload-bucket.ts'
import { UploadDashboard } from './upload-dashboard.ts'
import { metricsStack, uploadMetric } from './upload-metrics.ts'
import { UploadSite } from './upload-site.ts'

/** Two calls an upload: 50 a second begin and end 25 uploads a second. */
const THROTTLE = { rateLimit: 50, burstLimit: 100 }

/**
 * Uploads of any size, straight from pages and terminals to S3: a bucket, and an HTTP API in front of it that plans, signs
 * and completes.
 *
 * @example
 * const uploads = new PartwayUploads(this, 'Uploads', { allowedOrigins: ['https://www.example.com'] })
 */
export class PartwayUploads extends Construct {
  /** Where the objects go: the one given, or the one made here. */
  readonly bucket: AnyBucket
  /** The HTTP API, its stage and its functions. */
  readonly api: UploadApi
  /** What clients are given: `partway … --api URL`. */
  readonly url: string
  /** Where the users are, with `UploadAuth.cognito()`. */
  readonly userPool: IUserPool | undefined
  /** The page, where there is one. */
  readonly site: UploadSite | undefined
  /** What goes off when something wants a person: docs/operations.md. Beside `alarmEmail`, give them actions of your own. */
  readonly alarms: readonly Alarm[]
  readonly #auth: UploadAuth
  readonly #prefix: string
  readonly #encryptionKey: IKey | undefined
  #uploaded: Rule | undefined

  /** @throws {ConfigurationError} for props that would fail later: what came, what is allowed, what to change */
  constructor(scope: Construct, id: string, props: PartwayUploadsProps = {}) {
    super(scope, id)
    requireProps(props)
    const { prefix: keyPrefix = 'uploads', auth = UploadAuth.iam(), allowedOrigins = [], site } = props
    const { transferAcceleration = false, urlLifetime = Duration.hours(1) } = props

    // First the page, whose origin the bucket and the API let in; last its files, which know both.
    this.site = site ? new UploadSite(this, 'Site', site === true ? {} : site) : undefined
    const origins = [...allowedOrigins, ...(this.site ? [this.site.origin] : [])]
    this.#auth = auth
    this.#prefix = keyPrefix
    this.#encryptionKey = props.encryptionKey ?? props.bucket?.encryptionKey
    this.bucket =
      props.bucket ??
      new UploadBucket(this, 'Bucket', {
        encryptionKey: props.encryptionKey,
        transferAcceleration,
        removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
      })
    setUploadRules(this.bucket, { origins, keyPrefix, abortAfter: props.abortAfter ?? Duration.days(7) })

    const { authorizer, oidc, userPool, signInUrls = [] } = auth.bind(this, { origins })
    this.userPool = userPool
    this.api = new UploadApi(this, 'Api', {
      store: {
        bucketArn: this.bucket.bucketArn,
        keyPrefix,
        encryptionKeyArn: this.#encryptionKey?.keyArn,
      },
      authorizer,
      environment: functionEnvironment({
        bucketName: this.bucket.bucketName,
        keyPrefix,
        auth: auth.name,
        oidc,
        maxObjectSize: props.maxObjectSize ?? Size.bytes(MAX_OBJECT_BYTES),
        allowedContentTypes: props.allowedContentTypes,
        urlLifetime,
        storageClass: props.storageClass,
        transferAcceleration,
        metricsStack: metricsStack(this),
      }),
      origins,
      throttle: props.throttle ?? THROTTLE,
      domainName: props.domainName,
      logRetention: props.logRetention ?? RetentionDays.ONE_MONTH,
    })
    this.url = this.api.url
    this.site?.deploy({
      apiUrl: this.url,
      auth: auth.name,
      oidc,
      connectTo: [storeUrl(this.bucket, transferAcceleration), ...signInUrls],
    })

    const uploadsFailed = this.metricUploadsFailed()
    this.alarms = new UploadAlarms(this, 'Alarms', {
      api: this.api,
      uploadsFailed,
      email: props.alarmEmail,
    }).alarms
    new UploadDashboard(this, 'Dashboard', {
      api: this.api,
      alarms: this.alarms,
      uploads: [
        this.metricUploadsStarted(),
        this.metricUploadsCompleted(),
        this.metricUploadsAborted(),
        uploadsFailed,
      ],
      bytes: this.metricBytesCompleted(),
    })
  }

  /**
   * Calls a target, over EventBridge, for every object that an upload finished below the prefix. Each call adds a target to
   * one rule, which takes five.
   *
   * @returns the rule
   */
  onUploaded(target: IRuleTarget): Rule {
    this.#uploaded ??= this.#createUploadedRule()
    this.#uploaded.addTarget(target)
    return this.#uploaded
  }

  /**
   * Lets a grantee call the API with AWS credentials, with `UploadAuth.iam()`.
   * @throws {ConfigurationError} with any other auth, which a grant is not asked by
   */
  grantInvoke(grantee: IGrantable): Grant {
    if (this.#auth.name !== 'iam') {
      throw new ConfigurationError(
        `PartwayUploads.grantInvoke: expected UploadAuth.iam(), got UploadAuth.${this.#auth.name}(), which asks for no AWS credentials; leave the grant out.`,
      )
    }
    return Grant.addToPrincipal({
      grantee,
      actions: ['execute-api:Invoke'],
      resourceArns: [this.api.httpApi.arnForExecuteApi('*', '/*', this.api.stage.stageName)],
    })
  }

  /** Lets a grantee read every object below the prefix, and decrypt it where it is encrypted with a KMS key. */
  grantRead(grantee: IGrantable): Grant {
    const { bucketArn } = this.bucket
    const read = Grant.addToPrincipalOrResource({
      grantee,
      actions: ['s3:GetObject'],
      resourceArns: [objectsArn({ bucketArn, keyPrefix: this.#prefix })],
      resource: this.bucket,
    })
    return this.#encryptionKey ? read.combine(this.#encryptionKey.grantDecrypt(grantee)) : read
  }

  /**
   * Uploads that were begun, by all Partway constructs of the stack, as are the other metrics.
   * @default - sum over 5 minutes
   */
  metricUploadsStarted(options?: MetricOptions): Metric {
    return uploadMetric(this, 'UploadsStarted', options)
  }

  /**
   * Uploads that became objects.
   * @default - sum over 5 minutes
   */
  metricUploadsCompleted(options?: MetricOptions): Metric {
    return uploadMetric(this, 'UploadsCompleted', options)
  }

  /**
   * Uploads that their callers gave up.
   * @default - sum over 5 minutes
   */
  metricUploadsAborted(options?: MetricOptions): Metric {
    return uploadMetric(this, 'UploadsAborted', options)
  }

  /**
   * Uploads whose completion failed.
   * @default - sum over 5 minutes
   */
  metricUploadsFailed(options?: MetricOptions): Metric {
    return uploadMetric(this, 'UploadsFailed', options)
  }

  /**
   * Bytes of the uploads that became objects.
   * @default - sum over 5 minutes
   */
  metricBytesCompleted(options?: MetricOptions): Metric {
    return uploadMetric(this, 'BytesCompleted', options)
  }

  #createUploadedRule(): Rule {
    this.bucket.enableEventBridgeNotification()
    return new Rule(this, 'Uploaded', {
      description: 'Partway: an upload became an object',
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: {
          bucket: { name: [this.bucket.bucketName] },
          object: { key: [{ prefix: `${this.#prefix}/` }] },
          reason: ['CompleteMultipartUpload', 'PutObject'],
        },
      },
    })
  }
}
