import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import {
  CorsHttpMethod,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { type Route, type RouteName, routes } from '../protocol/routes.ts'
import { type Auth, authorizerFor } from './auth.ts'
import { statementsFor } from './permissions.ts'
import { UploadFunction } from './upload-function.ts'

export interface UploadApiProps {
  readonly bucket: { readonly bucketName: string; readonly bucketArn: string }
  readonly keyPrefix: string
  readonly auth: Auth
  /** The origins whose pages may call the API. */
  readonly origins: readonly string[]
  /** Bytes. */
  readonly maxObjectSize: number
  /** How long presigned URLs live. */
  readonly urlLifetime: Duration
  readonly throttle: { readonly rateLimit: number; readonly burstLimit: number }
  readonly logRetention: RetentionDays
}

/** The HTTP API: a route and a function for each entry of `protocol/routes.ts`, on one stage that logs and throttles. */
export class UploadApi extends Construct {
  readonly url: string

  constructor(scope: Construct, id: string, props: UploadApiProps) {
    super(scope, id)
    const api = new HttpApi(this, 'HttpApi', {
      description: 'Partway: initiates, signs and completes uploads that go straight to S3',
      createDefaultStage: false,
      ...(props.origins.length > 0 && { corsPreflight: cors(props.origins) }),
    })
    const stage = new HttpStage(this, 'Stage', {
      httpApi: api,
      stageName: '$default',
      autoDeploy: true,
      throttle: props.throttle,
      accessLogSettings: {
        destination: new LogGroupLogDestination(
          new LogGroup(this, 'AccessLog', {
            retention: props.logRetention,
            removalPolicy: RemovalPolicy.DESTROY,
          }),
        ),
        format: accessLogFormat(),
      },
    })
    const authorizer = authorizerFor(props.auth)
    const environment = {
      BUCKET: props.bucket.bucketName,
      KEY_PREFIX: props.keyPrefix,
      AUTH: props.auth,
      MAX_OBJECT_SIZE: String(props.maxObjectSize),
      URL_LIFETIME: String(props.urlLifetime.toSeconds()),
    }
    for (const route of Object.values<Route & { name: RouteName }>(routes)) {
      const handler = new UploadFunction(this, constructId(route.name), {
        route: route.name,
        environment,
        statements: statementsFor(route.name, props.bucket.bucketArn, props.keyPrefix),
        logRetention: props.logRetention,
      })
      api.addRoutes({
        path: route.path,
        methods: [HttpMethod[route.method]],
        integration: new HttpLambdaIntegration(`${constructId(route.name)}Integration`, handler),
        authorizer: route.public ? new HttpNoneAuthorizer() : authorizer,
      })
    }
    this.url = stage.url
  }
}

function cors(origins: readonly string[]) {
  const methods = new Set(Object.values(routes).map(({ method }) => CorsHttpMethod[method]))
  return {
    allowOrigins: [...origins],
    allowMethods: [...methods],
    // `*` would not cover authorization.
    allowHeaders: [
      'authorization',
      'content-type',
      'x-amz-date',
      'x-amz-security-token',
      'x-amz-content-sha256',
    ],
    exposeHeaders: ['apigw-requestid', 'retry-after', 'date'],
    maxAge: Duration.hours(1),
  }
}

/** The route key rather than the path, which holds upload ids, and no query, which holds keys. */
function accessLogFormat(): AccessLogFormat {
  return AccessLogFormat.custom(
    JSON.stringify({
      requestId: '$context.requestId',
      time: '$context.requestTime',
      route: '$context.routeKey',
      status: '$context.status',
      responseLength: '$context.responseLength',
      latencyMs: '$context.responseLatency',
      integrationLatencyMs: '$context.integrationLatency',
      integrationError: '$context.integrationErrorMessage',
      sourceIp: '$context.identity.sourceIp',
    }),
  )
}

/** `list-parts` → `ListParts`. Ids are a contract: a changed id replaces the resource. */
function constructId(route: RouteName): string {
  return route.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())
}
