import * as v from 'valibot'

/**
 * The resource types of the template that the local AWS serves, each with the properties that it understands. Strict:
 * a property that is neither served nor listed as without effect is an error, so that the local AWS cannot silently
 * leave out something that a deployment has.
 */

/** Of no effect on a laptop: names, tags, encryption at rest, and who may see what there is only one user of. */
const noEffect = v.optional(v.unknown())
const strings = v.array(v.string())
const optionalStrings = v.optional(strings, [])
const oneOrMore = v.union([v.string(), strings])

const statement = v.looseObject({ Effect: v.string(), Action: oneOrMore, Resource: oneOrMore })
const policyDocument = v.strictObject({ Version: noEffect, Statement: v.array(statement) })

const corsRule = v.strictObject({
  Id: v.optional(v.string()),
  AllowedHeaders: v.optional(strings),
  AllowedMethods: strings,
  AllowedOrigins: strings,
  ExposedHeaders: v.optional(strings),
  MaxAge: v.optional(v.number()),
})

const lifecycleRule = v.strictObject({
  Id: v.optional(v.string()),
  Status: v.picklist(['Enabled', 'Disabled']),
  Prefix: v.optional(v.string(), ''),
  AbortIncompleteMultipartUpload: v.strictObject({ DaysAfterInitiation: v.number() }),
})

const throttling = {
  DetailedMetricsEnabled: noEffect,
  ThrottlingBurstLimit: v.optional(v.number()),
  ThrottlingRateLimit: v.optional(v.number()),
}

export const Bucket = v.strictObject({
  BucketName: v.optional(v.string()),
  CorsConfiguration: v.optional(v.strictObject({ CorsRules: v.array(corsRule) })),
  LifecycleConfiguration: v.optional(v.strictObject({ Rules: v.array(lifecycleRule) })),
  BucketEncryption: noEffect,
  OwnershipControls: noEffect,
  PublicAccessBlockConfiguration: noEffect,
  Tags: noEffect,
})

export const Role = v.strictObject({
  RoleName: v.optional(v.string()),
  Policies: v.optional(v.array(v.strictObject({ PolicyName: noEffect, PolicyDocument: policyDocument })), []),
  // The only ones that a function of this stack may hold: they let it write its log, and nothing else.
  ManagedPolicyArns: v.optional(
    v.array(v.literal('arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole')),
  ),
  AssumeRolePolicyDocument: noEffect,
  Description: noEffect,
  Tags: noEffect,
})

export const Policy = v.strictObject({
  Roles: strings,
  PolicyDocument: policyDocument,
  PolicyName: noEffect,
})

export const LambdaFunction = v.strictObject({
  FunctionName: v.optional(v.string()),
  Code: v.strictObject({ S3Bucket: v.string(), S3Key: v.string() }),
  Handler: v.string(),
  Role: v.string(),
  Environment: v.optional(
    v.strictObject({ Variables: v.optional(v.record(v.string(), v.string()), {}) }),
    {},
  ),
  MemorySize: v.optional(v.number(), 128),
  Timeout: v.optional(v.number(), 3),
  Architectures: noEffect,
  Description: noEffect,
  LoggingConfig: noEffect,
  Runtime: v.pipe(v.string(), v.startsWith('nodejs')),
  Tags: noEffect,
  TracingConfig: noEffect,
})

export const Api = v.strictObject({
  Name: v.optional(v.string()),
  ProtocolType: v.literal('HTTP'),
  CorsConfiguration: v.optional(
    v.strictObject({
      AllowCredentials: v.optional(v.boolean(), false),
      AllowHeaders: optionalStrings,
      AllowMethods: optionalStrings,
      AllowOrigins: optionalStrings,
      ExposeHeaders: optionalStrings,
      MaxAge: v.optional(v.number()),
    }),
  ),
  Description: noEffect,
  Tags: noEffect,
})

export const Integration = v.strictObject({
  ApiId: noEffect,
  IntegrationType: v.literal('AWS_PROXY'),
  IntegrationUri: v.string(),
  PayloadFormatVersion: v.literal('2.0'),
  TimeoutInMillis: v.optional(v.number()),
})

export const Authorizer = v.strictObject({
  ApiId: noEffect,
  AuthorizerType: v.literal('JWT'),
  IdentitySource: v.tuple([v.literal('$request.header.Authorization')]),
  JwtConfiguration: v.strictObject({ Issuer: v.string(), Audience: strings }),
  Name: noEffect,
})

export const Route = v.strictObject({
  ApiId: noEffect,
  RouteKey: v.string(),
  Target: v.string(),
  AuthorizationType: v.optional(v.string(), 'NONE'),
  AuthorizerId: v.optional(v.string()),
})

export const Stage = v.strictObject({
  ApiId: noEffect,
  StageName: v.literal('$default'),
  DefaultRouteSettings: v.optional(v.strictObject(throttling), {}),
  AccessLogSettings: noEffect,
  AutoDeploy: v.literal(true),
  Description: noEffect,
  Tags: noEffect,
})

/** Types that a deployment needs and a laptop does not: S3 and the functions trust the gateway there anyway, and nobody is on call. */
export const TYPES_WITHOUT_EFFECT = [
  'AWS::CDK::Metadata',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::Lambda::Permission',
  'AWS::Logs::LogGroup',
  'AWS::S3::BucketPolicy',
  'AWS::SNS::Subscription',
  'AWS::SNS::Topic',
  'AWS::SNS::TopicPolicy',
]
