import type { S3Address, S3AddressOptions } from '../../../signing/s3-address.ts'
import { s3Address } from '../../../signing/s3-address.ts'
import { systemClock } from '../../clock.ts'
import type { Clock, Wakes } from '../../ports.ts'
import { TIMING, type Timekeeping, type Timing } from '../../timing.ts'
import { NO_WAKES } from '../../wakes.ts'
import type { Connections } from '../http.ts'
import { createCall, type S3Call } from './call.ts'
import { type AwsCredentials, type CredentialsProvider, staticCredentials } from './credentials.ts'
import { defaultCredentials } from './default-credentials.ts'
import { defaultRegion } from './profiles.ts'
import { Session } from './session.ts'
import { StoreTime } from './store-time.ts'

const DEFAULT_URL_LIFETIME_S = 3600

/** A bucket, and who asks. */
export interface S3StoreOptions {
  readonly bucket: string
  /** @default `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's, or us-east-1 */
  readonly region?: string | undefined
  /** The origin of an S3-compatible store. @default AWS */
  readonly endpoint?: string | undefined
  /** Whether the bucket is a path segment. @default with an endpoint, and where the name is no DNS label */
  readonly pathStyle?: boolean | undefined
  /** Those of the AWS SDK can be passed as they are. @default as `defaultCredentials` finds them */
  readonly credentials?: CredentialsProvider | AwsCredentials | undefined
  /** Of the files that the AWS CLI shares. @default the environment's keys, else `AWS_PROFILE`, else `default` */
  readonly profile?: string | undefined
  /** Of a presigned URL, in seconds, at most 604,800 (7 days); it dies with the credentials' session too. @default 3600 */
  readonly urlLifetime?: number | undefined
  /** For tests: the machine's time of day. */
  readonly timeOfDay?: (() => Date) | undefined
  readonly clock?: Clock | undefined
  readonly wakes?: Wakes | undefined
  readonly timing?: Partial<Timing> | undefined
  readonly random?: (() => number) | undefined
}

/** What the calls to one bucket share. */
export interface S3Store {
  readonly place: S3AddressOptions
  readonly address: S3Address
  readonly session: Session
  readonly time: StoreTime
  readonly keeping: Timekeeping
  readonly call: S3Call
  /** Seconds. */
  readonly urlLifetime: number
}

/** @throws {TypeError} where the endpoint is no URL */
export function openStore(
  {
    bucket,
    endpoint,
    pathStyle,
    credentials,
    profile,
    region = defaultRegion(profile),
    urlLifetime = DEFAULT_URL_LIFETIME_S,
    timeOfDay = () => new Date(),
    clock = systemClock,
    wakes = NO_WAKES,
    timing,
    random = Math.random,
  }: S3StoreOptions,
  connections: Connections,
): S3Store {
  const place = { bucket, region, endpoint, ...(pathStyle !== undefined && { pathStyle }) }
  const keeping = { clock, wakes, timing: { ...TIMING, ...timing }, random }
  const time = new StoreTime(timeOfDay)
  const provider = typeof credentials === 'object' ? staticCredentials(credentials) : credentials
  const session = new Session(provider ?? defaultCredentials(profile), time, keeping)
  const call = createCall({ place, session, time, connections, keeping })
  return { place, address: s3Address(place), session, time, keeping, call, urlLifetime }
}
