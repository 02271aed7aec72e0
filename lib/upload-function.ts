import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import type { RouteName } from '../protocol/routes.ts'
import { acceptWildcards } from './accept-wildcards.ts'
import { functionCode, HANDLER } from './function-code.ts'

export interface UploadFunctionProps {
  readonly route: RouteName
  readonly environment: Record<string, string>
  /** What its role allows beyond its own log and its traces. */
  readonly statements: PolicyStatement[]
  readonly logRetention: RetentionDays
}

/** Complete can take S3 minutes: it runs on after the gateway has given up, and the client asks again. */
const TIMEOUTS: Partial<Record<RouteName, Duration>> = { complete: Duration.minutes(15) }
/** The gateway waits 30 s. */
const DEFAULT_TIMEOUT = Duration.seconds(29)
/** Lambda gives CPU by memory: signing 10,000 parts and starting the SDK are CPU. */
const MEMORY_MB = 512

/** The function of one operation, with a role and a log of its own. */
export class UploadFunction extends LambdaFunction {
  constructor(
    scope: Construct,
    id: string,
    { route, environment, statements, logRetention }: UploadFunctionProps,
  ) {
    const logGroup = new LogGroup(scope, `${id}Log`, {
      retention: logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    super(scope, id, {
      description: `Partway: ${route}`,
      code: functionCode(route),
      handler: HANDLER,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: MEMORY_MB,
      timeout: TIMEOUTS[route] ?? DEFAULT_TIMEOUT,
      environment: { ...environment },
      logGroup,
      tracing: Tracing.ACTIVE,
      // What the CDK would add for tracing is in the role already: its whole policy stands in one place.
      role: createRole(scope, `${id}Role`, logGroup, statements).withoutPolicyUpdates(),
    })
  }
}

function createRole(scope: Construct, id: string, logGroup: LogGroup, operation: PolicyStatement[]): Role {
  const writeLog = new PolicyStatement({
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [logGroup.logGroupArn],
  })
  const trace = new PolicyStatement({
    actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
    resources: ['*'],
  })
  const role = new Role(scope, id, {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    inlinePolicies: { Operation: new PolicyDocument({ statements: [writeLog, trace, ...operation] }) },
  })
  acceptWildcards(
    role,
    operation,
    'Keys are chosen at run time: everything below the prefix, and nothing else.',
  )
  acceptWildcards(
    role,
    [trace],
    'X-Ray knows no resources: https://docs.aws.amazon.com/xray/latest/devguide/security_iam_service-with-iam.html',
  )
  return role
}
