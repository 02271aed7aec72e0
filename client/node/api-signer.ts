import { signRequest } from '../../signing/request.ts'
import { sha256Hex } from '../../signing/sigv4.ts'
import type { ApiRequest, Authorization, Authorizer } from '../authorizer.ts'
import { systemClock } from '../clock.ts'
import { ApiError } from '../errors.ts'
import type { Clock, Wakes } from '../ports.ts'
import { TIMING, type Timing } from '../timing.ts'
import { apiRegion } from './api-region.ts'
import { type AskIdentity, createIdentityCheck } from './caller-identity.ts'
import { type AwsCredentials, type CredentialsProvider, staticCredentials } from './s3/credentials.ts'
import { defaultCredentials } from './s3/default-credentials.ts'
import { Session } from './s3/session.ts'
import { StoreTime } from './s3/store-time.ts'
import { nodeWakes } from './wakes.ts'

export interface ApiSigningOptions {
  /** Of the API. */
  readonly url: string | URL
  /** Those of the AWS SDK can be passed as they are. @default as {@link defaultCredentials} finds them */
  readonly credentials?: CredentialsProvider | AwsCredentials | undefined
  /** @default `AWS_PROFILE`, or `default` */
  readonly profile?: string | undefined
  /** @default that in the host's name; for an API with a domain of its own `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's, or us-east-1 */
  readonly region?: string | undefined
  /** For tests: the machine's time of day. */
  readonly timeOfDay?: (() => Date) | undefined
  /** For tests: in place of AWS STS. */
  readonly identify?: AskIdentity | undefined
  readonly clock?: Clock | undefined
  readonly wakes?: Wakes | undefined
  readonly timing?: Partial<Timing> | undefined
  readonly random?: (() => number) | undefined
}

/** An API whose time of day is another in each answer is beyond help. */
const MAX_SKEWS = 3

/**
 * Signs each call with AWS credentials, for APIs with auth iam. Those that expire midway are asked for again, and waited for.
 * @throws {CredentialsError} where there never were any
 */
export function apiSigner({
  url,
  credentials,
  profile,
  region = apiRegion(url, profile),
  timeOfDay = () => new Date(),
  identify = createIdentityCheck(url, region),
  clock = systemClock,
  wakes = nodeWakes,
  timing,
  random = Math.random,
}: ApiSigningOptions): Authorizer {
  const time = new StoreTime(timeOfDay)
  const given = typeof credentials === 'object' ? staticCredentials(credentials) : credentials
  const keeping = { clock, wakes, timing: { ...TIMING, ...timing }, random }
  const session = new Session(given ?? defaultCredentials(profile), time, keeping)

  async function sign(request: ApiRequest, skews: number, signal: AbortSignal): Promise<Authorization> {
    const used = await session.get(signal)
    let learned = false
    return {
      headers: signRequest({
        ...request,
        payloadHash: sha256Hex(request.body),
        credentials: used,
        region,
        service: 'execute-api',
        now: time.now(),
      }),
      answered(status, date) {
        learned = time.learn(date)
        if (status !== 401 && status !== 403) session.accept()
      },
      async again(refusal, signal) {
        if (learned && skews < MAX_SKEWS) return sign(request, skews + 1, signal)
        const identity = await identify(used, time.now(), signal)
        if (typeof identity === 'object') throw notGranted(refusal, identity.arn)
        // Where none were ever taken, they are mistyped.
        if (identity !== 'expired' && !session.accepted) return undefined
        session.refuse(used)
        return sign(request, skews, signal)
      },
    }
  }

  return { waits: session.waits, authorize: (request, signal) => sign(request, 0, signal) }
}

/** The gateway says the same to dead credentials and to live ones that lack a permission. */
function notGranted({ message, status }: ApiError, arn: string): ApiError {
  return new ApiError(
    `${message} The credentials are live, those of ${arn}: grant them execute-api:Invoke on the API.`,
    status,
  )
}
