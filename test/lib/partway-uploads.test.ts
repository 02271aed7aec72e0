import { Duration, RemovalPolicy, Size, Annotations as Warnings } from 'aws-cdk-lib'
import { Annotations, Match } from 'aws-cdk-lib/assertions'
import { DomainName } from 'aws-cdk-lib/aws-apigatewayv2'
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager'
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Bucket, StorageClass } from 'aws-cdk-lib/aws-s3'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { describe, expect, test } from 'vitest'
import { PartwayUploads, UploadAuth } from '../../lib/index.ts'
import { createStack, synthesiseUploads, templateOf } from './synth.ts'

const allowedOrigins = ['https://www.example.com']
const CORS_RULE = Match.objectLike({ AllowedOrigins: allowedOrigins })
const abortRule = (prefix: string, days: number) => ({
  Id: `AbortIncompleteMultipartUploads ${prefix}/`,
  Status: 'Enabled',
  Prefix: `${prefix}/`,
  AbortIncompleteMultipartUpload: { DaysAfterInitiation: days },
})

test('every prop reaches the bucket, the API and the functions', () => {
  const template = synthesiseUploads({
    prefix: 'team/films',
    allowedOrigins,
    maxObjectSize: Size.gibibytes(5),
    allowedContentTypes: ['video/*', 'application/pdf'],
    urlLifetime: Duration.minutes(15),
    abortAfter: Duration.days(3),
    transferAcceleration: true,
    storageClass: StorageClass.INTELLIGENT_TIERING,
    throttle: { rateLimit: 10, burstLimit: 20 },
    removalPolicy: RemovalPolicy.DESTROY,
  })
  template.hasResource('AWS::S3::Bucket', {
    DeletionPolicy: 'Delete',
    Properties: Match.objectLike({
      AccelerateConfiguration: { AccelerationStatus: 'Enabled' },
      CorsConfiguration: { CorsRules: [CORS_RULE] },
      LifecycleConfiguration: { Rules: [abortRule('team/films', 3)] },
    }),
  })
  template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
    DefaultRouteSettings: { ThrottlingRateLimit: 10, ThrottlingBurstLimit: 20 },
  })
  template.allResourcesProperties('AWS::Lambda::Function', {
    Environment: {
      Variables: {
        BUCKET: { Ref: Match.anyValue() },
        KEY_PREFIX: 'team/films',
        AUTH: 'iam',
        MAX_OBJECT_SIZE: '5368709120',
        URL_LIFETIME: '900',
        METRICS_STACK: 'Films',
        ALLOWED_CONTENT_TYPES: 'video/*,application/pdf',
        STORAGE_CLASS: 'INTELLIGENT_TIERING',
        S3_ACCELERATE: '1',
      },
    },
  })
})

test('two constructs in one stack do not meet', () => {
  const stack = createStack()
  const bucket = new Bucket(stack, 'Bucket')
  new PartwayUploads(stack, 'Films', { bucket, prefix: 'films' })
  new PartwayUploads(stack, 'Songs', { bucket, prefix: 'songs' })
  const template = templateOf(stack)
  template.resourceCountIs('AWS::ApiGatewayV2::Api', 2)
  template.hasResourceProperties('AWS::S3::Bucket', {
    LifecycleConfiguration: { Rules: [abortRule('films', 7), abortRule('songs', 7)] },
  })
})

describe('a bucket of the app', () => {
  test('is given the rules by the template, and no warning', () => {
    const stack = createStack()
    const bucket = new Bucket(stack, 'Bucket')
    new PartwayUploads(stack, 'Uploads', { bucket, allowedOrigins })
    templateOf(stack).hasResourceProperties('AWS::S3::Bucket', {
      CorsConfiguration: { CorsRules: [CORS_RULE] },
      LifecycleConfiguration: { Rules: [abortRule('uploads', 7)] },
    })
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue())
  })

  test('brings its key', () => {
    const stack = createStack()
    const encryptionKey = new Key(stack, 'Key')
    new PartwayUploads(stack, 'Uploads', { bucket: new Bucket(stack, 'Bucket', { encryptionKey }) })
    templateOf(stack).hasResourceProperties('AWS::IAM::Role', {
      Policies: [
        Match.objectLike({
          PolicyDocument: {
            Statement: Match.arrayWith([
              Match.objectLike({
                Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
                Resource: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Key'), 'Arn'] },
              }),
            ]),
          },
        }),
      ],
    })
  })
})

describe('an imported bucket', () => {
  test('is left as it is, with a warning that says what its owner sets', () => {
    const stack = createStack()
    const bucket = Bucket.fromBucketName(stack, 'Bucket', 'films')
    new PartwayUploads(stack, 'Uploads', { bucket, allowedOrigins, abortAfter: Duration.days(3) })
    templateOf(stack).resourceCountIs('AWS::S3::Bucket', 0)
    Annotations.fromStack(stack).hasWarning(
      '/Films/Bucket',
      Match.stringLikeRegexp(
        'imported bucket films.*CORS rule for https://www.example.com.*prefix uploads/.*after 3 days.*docs/construct.md',
      ),
    )
  })

  test('has a warning that can be acknowledged', () => {
    const stack = createStack()
    const bucket = Bucket.fromBucketName(stack, 'Bucket', 'films')
    new PartwayUploads(stack, 'Uploads', { bucket })
    Warnings.of(bucket).acknowledgeWarning('partway:imported-bucket', 'done by the storage team')
    Annotations.fromStack(stack).hasNoWarning('*', Match.anyValue())
  })
})

test('a key of yours encrypts the bucket, with an S3 bucket key', () => {
  const stack = createStack()
  const encryptionKey = Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111122223333:key/0')
  new PartwayUploads(stack, 'Uploads', { encryptionKey })
  templateOf(stack).hasResourceProperties('AWS::S3::Bucket', {
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [
        {
          BucketKeyEnabled: true,
          ServerSideEncryptionByDefault: {
            KMSMasterKeyID: 'arn:aws:kms:eu-west-1:111122223333:key/0',
            SSEAlgorithm: 'aws:kms',
          },
        },
      ],
    },
  })
})

test('a domain of yours is the API’s URL', () => {
  const stack = createStack()
  const domainName = new DomainName(stack, 'Domain', {
    domainName: 'uploads.example.com',
    certificate: Certificate.fromCertificateArn(
      stack,
      'Certificate',
      'arn:aws:acm:eu-west-1:111122223333:certificate/0',
    ),
  })
  const uploads = new PartwayUploads(stack, 'Uploads', { domainName })
  expect(stack.resolve(uploads.url)).toEqual({
    'Fn::Join': ['', ['https://', { Ref: 'Domain66AC69E0' }, '/']],
  })
  templateOf(stack).hasResourceProperties('AWS::ApiGatewayV2::ApiMapping', {
    DomainName: { Ref: 'Domain66AC69E0' },
    Stage: '$default',
  })
})

describe('onUploaded', () => {
  test('calls each target for objects that uploads finished below the prefix', () => {
    const stack = createStack()
    const uploads = new PartwayUploads(stack, 'Uploads', { prefix: 'films' })
    uploads.onUploaded(new SqsQueue(new Queue(stack, 'Transcode')))
    uploads.onUploaded(new SqsQueue(new Queue(stack, 'Index')))
    const template = templateOf(stack)
    template.resourceCountIs('AWS::Events::Rule', 1)
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.s3'],
        'detail-type': ['Object Created'],
        detail: {
          bucket: { name: [{ Ref: Match.stringLikeRegexp('^UploadsBucket') }] },
          object: { key: [{ prefix: 'films/' }] },
          reason: ['CompleteMultipartUpload', 'PutObject'],
        },
      },
      Targets: [
        Match.objectLike({ Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Transcode'), 'Arn'] } }),
        Match.objectLike({ Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Index'), 'Arn'] } }),
      ],
    })
    template.hasResourceProperties('Custom::S3BucketNotifications', {
      NotificationConfiguration: { EventBridgeConfiguration: {} },
    })
  })

  test('costs nothing where nobody calls it', () => {
    synthesiseUploads().resourceCountIs('Custom::S3BucketNotifications', 0)
  })
})

describe('grantRead', () => {
  const granted = (encrypted: boolean) => {
    const stack = createStack()
    const encryptionKey = Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:111122223333:key/0')
    const uploads = new PartwayUploads(stack, 'Uploads', encrypted ? { encryptionKey } : {})
    uploads.grantRead(new Role(stack, 'Reader', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') }))
    const [policy] = Object.values(templateOf(stack).findResources('AWS::IAM::Policy'))
    return policy?.Properties.PolicyDocument.Statement
  }
  const getObject = {
    Action: 's3:GetObject',
    Effect: 'Allow',
    Resource: {
      'Fn::Join': ['', [{ 'Fn::GetAtt': [expect.stringMatching('^UploadsBucket'), 'Arn'] }, '/uploads/*']],
    },
  }

  test('allows reading objects below the prefix, and nothing else', () => {
    expect(granted(false)).toEqual([getObject])
  })

  test('allows decrypting them, too', () => {
    const decrypt = {
      Action: 'kms:Decrypt',
      Effect: 'Allow',
      Resource: 'arn:aws:kms:eu-west-1:111122223333:key/0',
    }
    expect(granted(true)).toEqual([getObject, decrypt])
  })
})

describe('grantInvoke', () => {
  test('allows calling every route of the stage, and no other API', () => {
    const stack = createStack()
    const uploads = new PartwayUploads(stack, 'Uploads')
    uploads.grantInvoke(new Role(stack, 'Job', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') }))
    templateOf(stack).hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: [
          {
            Action: 'execute-api:Invoke',
            Effect: 'Allow',
            Resource: {
              'Fn::Join': [
                '',
                Match.arrayWith([{ Ref: Match.stringLikeRegexp('HttpApi') }, '/$default/*/*']),
              ],
            },
          },
        ],
      },
    })
  })

  test('is refused where AWS credentials open nothing', () => {
    const stack = createStack()
    const uploads = new PartwayUploads(stack, 'Uploads', { auth: UploadAuth.none(), allowedOrigins })
    const job = new Role(stack, 'Job', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') })
    expect(() => uploads.grantInvoke(job)).toThrow(/expected UploadAuth\.iam\(\), got UploadAuth\.none\(\)/)
  })
})

test('the metrics are those that the functions emit, of the stack', () => {
  const stack = createStack()
  const uploads = new PartwayUploads(stack, 'Uploads')
  const metrics = [
    uploads.metricUploadsStarted(),
    uploads.metricUploadsCompleted(),
    uploads.metricUploadsAborted(),
    uploads.metricUploadsFailed(),
    uploads.metricBytesCompleted({ statistic: 'avg' }),
  ]
  expect(
    metrics.map(({ namespace, metricName, dimensions, statistic }) =>
      [namespace, metricName, dimensions?.Stack, statistic].join(' '),
    ),
  ).toEqual([
    'Partway UploadsStarted Films Sum',
    'Partway UploadsCompleted Films Sum',
    'Partway UploadsAborted Films Sum',
    'Partway UploadsFailed Films Sum',
    'Partway BytesCompleted Films Average',
  ])
})

test.each<[string, ConstructorParameters<typeof PartwayUploads>[2], RegExp]>([
  ['nobody to sign in and no origins', { auth: UploadAuth.none() }, /allowedOrigins.*got none; name them/],
  [
    'any origin with tokens',
    {
      auth: UploadAuth.jwt({ issuer: 'https://login.example.com', audience: 'partway' }),
      allowedOrigins: ['*'],
    },
    /with UploadAuth\.jwt, got "\*"/,
  ],
  [
    'an origin with a path',
    { allowedOrigins: ['https://a.example/'] },
    /no path, got "https:\/\/a\.example\/"/,
  ],
  ['a prefix with a slash at its end', { prefix: 'films/' }, /prefix to be .*got "films\/"/],
  ['a prefix that is a pattern', { prefix: 'films*' }, /got "films\*"/],
  ['an empty prefix', { prefix: '' }, /got ""/],
  ['objects larger than S3 takes', { maxObjectSize: Size.tebibytes(49) }, /1 to 53687091200000 bytes/],
  [
    'URLs that outlive their session',
    { urlLifetime: Duration.hours(2) },
    /1 minute to 1 hour, got 7200 seconds/,
  ],
  ['URLs that nobody can use in time', { urlLifetime: Duration.seconds(5) }, /got 5 seconds/],
  ['parts of a day', { abortAfter: Duration.hours(36) }, /whole days.*got 1\.5 days/],
  ['a type without a subtype', { allowedContentTypes: ['video'] }, /got "video"/],
  ['no type', { allowedContentTypes: [] }, /empty list/],
  ['a name for an address', { alarmEmail: 'the team' }, /one address, got "the team"/],
  ['an archive', { storageClass: StorageClass.DEEP_ARCHIVE }, /read at once, got DEEP_ARCHIVE/],
])('%s are refused, with what to change', (_, props, message) => {
  expect(() => new PartwayUploads(createStack(), 'Uploads', props)).toThrow(message)
})

test('acceleration of a bucket with a dotted name is refused', () => {
  const stack = createStack()
  const bucket = Bucket.fromBucketName(stack, 'Bucket', 'films.example.com')
  expect(() => new PartwayUploads(stack, 'Uploads', { bucket, transferAcceleration: true })).toThrow(
    /without dots.*got bucket "films\.example\.com"/,
  )
})
