import { randomUUID } from 'node:crypto'
import { LAMBDA_MAX_PAYLOAD_BYTES } from '../protocol/limits.ts'
import { type FunctionInstance, startInstance } from './function-instance.ts'
import { REGION } from './intrinsics.ts'
import type { Outcome } from './lambda-protocol.ts'
import { createPolicy } from './policy.ts'
import type { Session, Sessions } from './sessions.ts'
import type { FunctionDescription } from './template.ts'

/** A deployed function. */
export interface LambdaFunction {
  /**
   * Invokes it and waits for its answer, as Lambda's RequestResponse does. Scales out up to a few instances; more
   * invocations wait in line.
   *
   * @param event JSON
   * @throws {RequestTooLarge} where the event has more than 6 MiB
   */
  invoke(event: string): Promise<Outcome>
  stop(): Promise<void>
}

export class RequestTooLarge extends Error {
  override name = 'RequestTooLarge'
}

export interface RuntimeOptions {
  sessions: Sessions
  /** Origin of the local S3. */
  s3Url: string
  log: (line: string) => void
  now?: () => number
}

/** Lambda scales to a thousand; a laptop need not. */
const MAX_INSTANCES = 4
/** An instance whose credentials end sooner is replaced before it is used again: its URLs live up to an hour. */
const REPLACE_BEFORE_EXPIRY_MS = 2 * 60 * 60 * 1000

/** @throws where its role has a statement that is not understood */
export function createFunction(
  description: FunctionDescription,
  { sessions, s3Url, log, now = Date.now }: RuntimeOptions,
): LambdaFunction {
  const { name, arn, handler, directory, environment, timeoutSeconds, memoryMb, role } = description
  const policy = createPolicy(role.statements, `Role ${role.name}`)
  const data = { directory, handler, functionName: name, functionArn: arn, memoryMb }
  const idle: { instance: FunctionInstance; session: Session }[] = []
  const waiting: (() => void)[] = []
  const running = new Set<FunctionInstance>()

  function start() {
    const session = sessions.assume(policy)
    const instance = startInstance({
      data,
      timeoutSeconds,
      environment: { ...runtimeEnvironment(description, session, s3Url), ...environment },
      log: (line) => log(`[${name}] ${line}`),
    })
    running.add(instance)
    return { instance, session }
  }

  async function acquire() {
    while (idle.length === 0 && running.size >= MAX_INSTANCES) {
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
    const warm = idle.pop()
    if (warm === undefined) return start()
    const { instance, session } = warm
    if (instance.alive && session.expiresAt.getTime() - now() > REPLACE_BEFORE_EXPIRY_MS) return warm
    running.delete(instance)
    await instance.stop()
    return start()
  }

  return {
    async invoke(event) {
      const size = Buffer.byteLength(event)
      if (size > LAMBDA_MAX_PAYLOAD_BYTES) {
        throw new RequestTooLarge(
          `Expected an event of at most ${LAMBDA_MAX_PAYLOAD_BYTES} bytes, got ${size}.`,
        )
      }
      const taken = await acquire()
      const deadline = Date.now() + timeoutSeconds * 1000
      const outcome = await taken.instance.invoke({ event, requestId: randomUUID(), deadline })
      if (taken.instance.alive) idle.push(taken)
      else running.delete(taken.instance)
      waiting.shift()?.()
      if ('error' in outcome)
        log(`[${name}] ${outcome.error.errorType}: ${outcome.error.trace || outcome.error.errorMessage}`)
      return limitAnswer(outcome)
    },
    async stop() {
      waiting.length = 0
      await Promise.all([...running].map((instance) => instance.stop()))
    },
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
function runtimeEnvironment(
  { name, handler, directory, memoryMb }: FunctionDescription,
  session: Session,
  s3Url: string,
): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: session.accessKeyId,
    AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
    AWS_SESSION_TOKEN: session.sessionToken,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ENDPOINT_URL_S3: s3Url,
    AWS_EXECUTION_ENV: `AWS_Lambda_nodejs${process.versions.node.split('.')[0]}.x`,
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    LAMBDA_TASK_ROOT: directory,
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    _HANDLER: handler,
  }
}

function limitAnswer(outcome: Outcome): Outcome {
  if ('error' in outcome || Buffer.byteLength(outcome.payload) <= LAMBDA_MAX_PAYLOAD_BYTES) return outcome
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${LAMBDA_MAX_PAYLOAD_BYTES} bytes).`
  return { error: { errorType: 'Function.ResponseSizeTooLarge', errorMessage, trace: '' } }
}
