import { Duration, Token } from 'aws-cdk-lib'
import { StorageClass } from 'aws-cdk-lib/aws-s3'
import { MAX_OBJECT_BYTES } from '../protocol/limits.ts'
import { ConfigurationError } from './configuration-error.ts'
import { isOrigin } from './origin.ts'
import type { PartwayUploadsProps } from './partway-uploads-props.ts'

/** Leaves three quarters of S3's 1,024 bytes for what a key holds after it. */
const MAX_PREFIX_LENGTH = 256
/** Longer outlives the session of the role that signs, and with it the URL. */
const MAX_URL_LIFETIME = Duration.hours(1)
const MIN_URL_LIFETIME = Duration.minutes(1)
/** Their objects have to be restored before anyone can read them. */
const ARCHIVES = [StorageClass.GLACIER, StorageClass.DEEP_ARCHIVE].map(({ value }) => value)

/**
 * Refuses what would fail at deployment or, worse, after it.
 * @throws {ConfigurationError} that says what came, what is allowed and what to change
 */
export function requireProps(props: PartwayUploadsProps): void {
  requirePrefix(props)
  requireOrigins(props)
  requireSite(props)
  requireMaxObjectSize(props)
  requireContentTypes(props)
  requireUrlLifetime(props)
  requireAbortAfter(props)
  requireStorageClass(props)
  requireAcceleration(props)
  requireAlarmEmail(props)
}

/** A segment of dots only: URLs lose it, and S3's signature then does not fit. */
const DOTS = /(^|\/)\.+(\/|$)/

function requirePrefix({ prefix = 'uploads' }: PartwayUploadsProps): void {
  if (
    prefix.length <= MAX_PREFIX_LENGTH &&
    /^[\w.!'()-]+(\/[\w.!'()-]+)*$/.test(prefix) &&
    !DOTS.test(prefix)
  )
    return
  throw unexpected(
    'prefix',
    `1 to ${MAX_PREFIX_LENGTH} letters, digits and _ . - ! ' ( ), with slashes only between them`,
    `"${prefix}"`,
    "write, for example, 'team/films'",
  )
}

function requireOrigins({ auth, allowedOrigins = [], site }: PartwayUploadsProps): void {
  const authName = auth?.name ?? 'iam'
  const wrong = allowedOrigins.find(
    (origin) => origin !== '*' && !Token.isUnresolved(origin) && !isOrigin(origin),
  )
  if (wrong !== undefined) {
    throw unexpected(
      'allowedOrigins',
      'a scheme and a host each, with a port where it has one and no path',
      `"${wrong}"`,
      "write, for example, 'https://www.example.com'",
    )
  }
  if (authName !== 'iam' && allowedOrigins.includes('*')) {
    throw unexpected(
      'allowedOrigins',
      `the origins of your pages with UploadAuth.${authName}`,
      '"*", which lets every page of the web act for its visitors',
      "name them, for example 'https://www.example.com'",
    )
  }
  if (authName === 'none' && allowedOrigins.length === 0 && !site) {
    throw unexpected(
      'allowedOrigins',
      'the origins of your pages with UploadAuth.none(), which lets anyone who reaches the endpoint upload',
      'none',
      'name them, or leave auth out for UploadAuth.iam()',
    )
  }
}

function requireSite({ auth, site }: PartwayUploadsProps): void {
  if (!site || (auth && auth.name !== 'iam')) return
  throw unexpected(
    'site',
    'beside an auth that a page can sign in with',
    'UploadAuth.iam(), which asks for AWS credentials',
    'give auth: UploadAuth.cognito() or UploadAuth.jwt(…), or leave the site out',
  )
}

function requireMaxObjectSize({ maxObjectSize }: PartwayUploadsProps): void {
  const bytes = maxObjectSize?.toBytes() ?? 1
  if (bytes >= 1 && bytes <= MAX_OBJECT_BYTES) return
  throw unexpected(
    'maxObjectSize',
    `1 to ${MAX_OBJECT_BYTES} bytes, which is S3's limit`,
    `${bytes}`,
    'write, for example, Size.gibibytes(5)',
  )
}

function requireContentTypes({ allowedContentTypes }: PartwayUploadsProps): void {
  const wrong = allowedContentTypes?.find((type) => !/^[\w.+-]+\/([\w.+-]+|\*)$/.test(type))
  if (wrong === undefined && allowedContentTypes?.length !== 0) return
  throw unexpected(
    'allowedContentTypes',
    'a type and a subtype each, which may be *',
    wrong === undefined ? 'an empty list, which would refuse every file' : `"${wrong}"`,
    "write, for example, ['application/pdf', 'image/*'], or leave it out for any",
  )
}

function requireUrlLifetime({ urlLifetime = MAX_URL_LIFETIME }: PartwayUploadsProps): void {
  const seconds = urlLifetime.toSeconds({ integral: false })
  if (
    Number.isInteger(seconds) &&
    seconds >= MIN_URL_LIFETIME.toSeconds() &&
    seconds <= MAX_URL_LIFETIME.toSeconds()
  ) {
    return
  }
  throw unexpected(
    'urlLifetime',
    `${MIN_URL_LIFETIME.toHumanString()} to ${MAX_URL_LIFETIME.toHumanString()}`,
    `${seconds} seconds`,
    'write, for example, Duration.minutes(15): clients sign again by themselves, however long an upload takes',
  )
}

function requireAbortAfter({ abortAfter }: PartwayUploadsProps): void {
  const days = abortAfter?.toDays({ integral: false }) ?? 1
  if (Number.isInteger(days) && days >= 1) return
  throw unexpected(
    'abortAfter',
    'whole days, at least one, as S3 counts them',
    `${days} days`,
    'write, for example, Duration.days(7)',
  )
}

function requireStorageClass({ storageClass }: PartwayUploadsProps): void {
  if (storageClass === undefined || !ARCHIVES.includes(storageClass.value)) return
  throw unexpected(
    'storageClass',
    'one whose objects can be read at once',
    storageClass.value,
    'take StorageClass.GLACIER_INSTANT_RETRIEVAL, or let a lifecycle rule of the bucket move objects there later',
  )
}

function requireAcceleration({ bucket, transferAcceleration = false }: PartwayUploadsProps): void {
  if (!transferAcceleration || bucket === undefined) return
  if (Token.isUnresolved(bucket.bucketName) || !bucket.bucketName.includes('.')) return
  throw unexpected(
    'transferAcceleration',
    'a bucket without dots in its name, which S3 asks for',
    `bucket "${bucket.bucketName}"`,
    'leave it out, or take another bucket',
  )
}

function requireAlarmEmail({ alarmEmail }: PartwayUploadsProps): void {
  if (alarmEmail === undefined || Token.isUnresolved(alarmEmail) || /^\S+@\S+$/.test(alarmEmail)) return
  throw unexpected(
    'alarmEmail',
    'one address',
    `"${alarmEmail}"`,
    "write, for example, 'ops@example.com', an address of your team's",
  )
}

function unexpected(prop: string, expected: string, got: string, advice: string): Error {
  return new ConfigurationError(`PartwayUploads: expected ${prop} to be ${expected}, got ${got}; ${advice}.`)
}
