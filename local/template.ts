import type * as v from 'valibot'
import type { Template } from './intrinsics.ts'
import type { Statement } from './policy.ts'
import * as resources from './resources.ts'
import { createReader, type Reader } from './template-reader.ts'

/** What a synthesised stack declares, as far as the local AWS serves it. */
export interface Stack {
  buckets: BucketDescription[]
  functions: FunctionDescription[]
  api: ApiDescription
}

export interface BucketDescription {
  name: string
  cors: v.InferOutput<typeof resources.Bucket>['CorsConfiguration']
  lifecycle: v.InferOutput<typeof resources.Bucket>['LifecycleConfiguration']
}

export interface FunctionDescription {
  name: string
  arn: string
  /** `{file}.{export}` within the directory. */
  handler: string
  /** Where its bundle lies. */
  directory: string
  environment: Record<string, string>
  timeoutSeconds: number
  memoryMb: number
  role: { name: string; statements: Statement[] }
}

export interface ApiDescription {
  id: string
  cors?: CorsDescription | undefined
  routes: RouteDescription[]
  throttling: { ratePerSecond?: number | undefined; burst?: number | undefined }
}

export type CorsDescription = NonNullable<v.InferOutput<typeof resources.Api>['CorsConfiguration']>

export interface RouteDescription {
  /** `ANY` where any method will do. */
  method: string
  /** With parameters in braces. */
  path: string
  functionName: string
  /** `NONE`, `AWS_IAM`, `JWT` or `CUSTOM`. */
  authorization: string
  /** Whose tokens, and for whom, where the authorization is `JWT`. */
  jwt?: { issuer: string; audience: string[] } | undefined
  /** How long the gateway waits for the function, where the template says so. */
  timeoutMs?: number | undefined
}

/** Where each asset of the stack lies on disk, by the object key that the template names it with. */
export type Assets = ReadonlyMap<string, string>

/**
 * Reads a synthesised template.
 *
 * @param stackName prefixes the names of what the template leaves unnamed, as CloudFormation does
 * @throws at anything that the local AWS does not know, naming the resource
 */
export function readTemplate(template: Template, assets: Assets, stackName: string): Stack {
  const reader = createReader(template, stackName)
  const roles = readRoles(reader)
  const functions = reader.all('AWS::Lambda::Function', resources.LambdaFunction).map(
    ({ logicalId, properties }): FunctionDescription => ({
      name: reader.ref(logicalId),
      arn: reader.attribute(logicalId, 'Arn'),
      handler: properties.Handler,
      directory: found(assets.get(properties.Code.S3Key), logicalId, 'an asset', properties.Code.S3Key),
      environment: properties.Environment.Variables ?? {},
      timeoutSeconds: properties.Timeout,
      memoryMb: properties.MemorySize,
      role: found(roles.get(properties.Role), logicalId, 'a role', properties.Role),
    }),
  )
  const buckets = reader.all('AWS::S3::Bucket', resources.Bucket).map(({ logicalId, properties }) => ({
    name: reader.ref(logicalId),
    cors: properties.CorsConfiguration,
    lifecycle: properties.LifecycleConfiguration,
  }))
  const stack = { buckets, functions, api: readApi(reader, functions) }
  reader.finish()
  return stack
}

function readRoles(reader: Reader): Map<string, FunctionDescription['role']> {
  const policies = reader.all('AWS::IAM::Policy', resources.Policy)
  return new Map(
    reader.all('AWS::IAM::Role', resources.Role).map(({ logicalId, properties }) => {
      const name = reader.ref(logicalId)
      const attached = policies.filter((policy) => policy.properties.Roles.includes(name))
      const documents = [...properties.Policies, ...attached.map((policy) => policy.properties)]
      const statements = documents.flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
      return [reader.attribute(logicalId, 'Arn'), { name, statements }]
    }),
  )
}

function readApi(reader: Reader, functions: FunctionDescription[]): ApiDescription {
  const api = reader.only('AWS::ApiGatewayV2::Api', resources.Api)
  const stage = reader.only('AWS::ApiGatewayV2::Stage', resources.Stage)
  const integrations = new Map(
    reader
      .all('AWS::ApiGatewayV2::Integration', resources.Integration)
      .map((integration) => [`integrations/${integration.logicalId}`, integration]),
  )
  const authorizers = new Map(
    reader
      .all('AWS::ApiGatewayV2::Authorizer', resources.Authorizer)
      .map(({ logicalId, properties }) => [reader.ref(logicalId), properties.JwtConfiguration] as const),
  )
  const routes = reader.all('AWS::ApiGatewayV2::Route', resources.Route).map(({ logicalId, properties }) => {
    const { RouteKey, Target, AuthorizationType, AuthorizerId } = properties
    const jwt = AuthorizerId === undefined ? undefined : authorizers.get(AuthorizerId)
    const [method = '', path = ''] = RouteKey.split(' ')
    const integration = found(integrations.get(Target), logicalId, 'an integration', Target)
    const { IntegrationUri, TimeoutInMillis } = integration.properties
    const target = functions.find(({ arn }) => arn === IntegrationUri)
    return {
      method,
      path,
      functionName: found(target, integration.logicalId, 'a function', IntegrationUri).name,
      authorization: AuthorizationType,
      jwt: jwt && { issuer: jwt.Issuer, audience: jwt.Audience },
      timeoutMs: TimeoutInMillis,
    }
  })
  const { ThrottlingRateLimit, ThrottlingBurstLimit } = stage.properties.DefaultRouteSettings
  return {
    id: reader.ref(api.logicalId),
    cors: api.properties.CorsConfiguration,
    routes,
    throttling: { ratePerSecond: ThrottlingRateLimit, burst: ThrottlingBurstLimit },
  }
}

function found<T>(value: T | undefined, logicalId: string, kind: string, name: string): T {
  if (value !== undefined) return value
  throw new Error(
    `Resource ${logicalId}: expected ${kind} of the stack, got ${name}, which it does not have.`,
  )
}
