import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib'
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import {
  CorsHttpMethod,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpStage,
  type IDomainName,
  type IHttpRouteAuthorizer,
  LogGroupLogDestination,
  type ThrottleSettings,
} from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { type Route, type RouteName, routes } from '../protocol/routes.ts'
import { type Store, statementsFor } from './permissions.ts'
import { UploadFunction } from './upload-function.ts'

export interface UploadApiProps {
  readonly store: Store
  /** In front of every route but the public one. */
  readonly authorizer: IHttpRouteAuthorizer
  /** Of every function: what `lambda/config.ts` reads. */
  readonly environment: Record<string, string>
  /** The origins whose pages may call the API. */
  readonly origins: readonly string[]
  readonly throttle: ThrottleSettings
  readonly domainName: IDomainName | undefined
  readonly logRetention: RetentionDays
}

/** The HTTP API: a route and a function for each entry of `protocol/routes.ts`, on one stage that logs and throttles. */
export class UploadApi extends Construct {
  readonly httpApi: HttpApi
  readonly stage: HttpStage
  /** The function of each operation, by its route's name. */
  readonly functions: Readonly<Record<RouteName, UploadFunction>>
  /** The API's own URL, or that of the domain given; with a slash at the end. */
  readonly url: string

  constructor(scope: Construct, id: string, props: UploadApiProps) {
    super(scope, id)
    this.httpApi = new HttpApi(this, 'HttpApi', {
      description: 'Partway: initiates, signs and completes uploads that go straight to S3',
      createDefaultStage: false,
      ...(props.origins.length > 0 && { corsPreflight: cors(props.origins) }),
    })
    this.stage = this.createStage(props)
    this.url = props.domainName ? this.stage.domainUrl : this.stage.url
    this.functions = Object.fromEntries(
      Object.values(routes).map((route) => [route.name, this.addRoute(route, props)]),
    ) as Record<RouteName, UploadFunction>
  }

  private createStage({ throttle, domainName, logRetention }: UploadApiProps): HttpStage {
    const accessLog = new LogGroup(this, 'AccessLog', {
      retention: logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    return new HttpStage(this, 'Stage', {
      httpApi: this.httpApi,
      stageName: '$default',
      autoDeploy: true,
      throttle,
      accessLogSettings: { destination: new LogGroupLogDestination(accessLog), format: accessLogFormat() },
      ...(domainName && { domainMapping: { domainName } }),
    })
  }

  private addRoute(
    { name, method, path, public: isPublic = false }: Route & { readonly name: RouteName },
    { store, authorizer, environment, logRetention }: UploadApiProps,
  ): UploadFunction {
    const id = constructId(name)
    const handler = new UploadFunction(this, id, {
      route: name,
      environment,
      statements: statementsFor(name, store),
      logRetention,
    })
    const added = this.httpApi.addRoutes({
      path,
      methods: [HttpMethod[method]],
      integration: new HttpLambdaIntegration(`${id}Integration`, handler),
      authorizer: isPublic ? new HttpNoneAuthorizer() : authorizer,
    })
    const reason = isPublic
      ? 'Tells a client how to sign in, before it has: nothing else, and nothing of a caller.'
      : 'Only with UploadAuth.none(), which has to be spelled out and wants the origins of the pages.'
    if (isPublic || authorizer instanceof HttpNoneAuthorizer) {
      for (const route of added) Validations.of(route).acknowledge({ id: 'AwsSolutions-APIG4', reason })
    }
    return handler
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

/**
 * The route key rather than the path, which holds upload ids, and no query, which holds keys. No error messages: they go in
 * as they are, and a quote in one would break the line.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
 */
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
      functionStatus: '$context.integration.status',
      lambdaRequestId: '$context.integration.requestId',
      errorType: '$context.error.responseType',
      sourceIp: '$context.identity.sourceIp',
    }),
  )
}

/** `list-parts` → `ListParts`. Ids are a contract: a changed id replaces the resource. */
function constructId(route: RouteName): string {
  return route.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())
}
