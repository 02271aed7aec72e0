import { Duration, Size } from 'aws-cdk-lib'
import { StorageClass } from 'aws-cdk-lib/aws-s3'
import type { Node } from 'constructs'
import { GIB, KIB, MAX_OBJECT_BYTES, MIB } from '../protocol/limits.ts'
import { ConfigurationError } from './configuration-error.ts'
import { type ContextReader, createContextReader } from './context-reader.ts'
import { isOrigin } from './origin.ts'
import { authNames, UploadAuth } from './upload-auth.ts'
import type { UploadStackProps } from './upload-stack.ts'

const NAMES = [
  'auth',
  'issuer',
  'audience',
  'commandLine',
  'origins',
  'maxObjectSize',
  'urlLifetime',
  'abortAfterDays',
  'prefix',
  'bucketName',
  'encryptionKeyArn',
  'storageClass',
  'transferAcceleration',
  'domainName',
  'certificateArn',
  'alarmEmail',
  'site',
  'siteDomainName',
  'siteCertificateArn',
] as const
const UNITS: Record<string, number> = { '': 1, KIB, MIB, GIB, TIB: 1024 * GIB }
/** S3's names of the classes whose objects can be read at once. */
const STORAGE_CLASSES = [
  'STANDARD',
  'INTELLIGENT_TIERING',
  'STANDARD_IA',
  'ONEZONE_IA',
  'GLACIER_IR',
] as const

type Context = ContextReader<(typeof NAMES)[number]>

/**
 * The app's context (`cdk deploy -c name=value`), read into props.
 * @throws {ConfigurationError} for a value that is not one, and for a name that is nearly one of ours: what came, what is allowed, what to write
 */
export function readContext(node: Node): UploadStackProps {
  const context = createContextReader(node, NAMES)
  const maxObjectSize = readSize(context)
  const urlLifetime = context.integer('urlLifetime', 'seconds', 60, 3600)
  const abortAfterDays = context.integer('abortAfterDays', 'days', 1, 365)
  const storageClass = context.oneOf('storageClass', STORAGE_CLASSES)
  return {
    auth: readAuth(context),
    allowedOrigins: readOrigins(context),
    ...(maxObjectSize !== undefined && { maxObjectSize: Size.bytes(maxObjectSize) }),
    ...(urlLifetime !== undefined && { urlLifetime: Duration.seconds(urlLifetime) }),
    ...(abortAfterDays !== undefined && { abortAfter: Duration.days(abortAfterDays) }),
    ...(storageClass && { storageClass: new StorageClass(storageClass) }),
    ...context.texts('prefix', 'bucketName', 'encryptionKeyArn', 'alarmEmail'),
    ...readDomain(context),
    ...readSiteDomain(context),
    ...context.booleans('transferAcceleration', 'site'),
  }
}

function readAuth(context: Context): UploadAuth {
  const name = context.oneOf('auth', authNames) ?? 'iam'
  const { issuer, audience } = context.texts('issuer', 'audience')
  const { commandLine } = context.booleans('commandLine')
  if (commandLine && name !== 'cognito') {
    throw new ConfigurationError(
      `Context commandLine belongs to auth=cognito, got auth=${name}. Write -c auth=cognito, or leave it out.`,
    )
  }
  if (name === 'jwt') {
    if (issuer && audience) return UploadAuth.jwt({ issuer, audience })
    throw new ConfigurationError(
      `auth=jwt takes the tokens of an issuer: expected -c issuer=https://… and -c audience=…, got ${issuer ? 'no audience' : 'no issuer'}. Copy "issuer" from its /.well-known/openid-configuration; the audience is the id that it gave your client.`,
    )
  }
  if (name === 'iam' && context.text('site') === 'true') {
    throw new ConfigurationError(
      'site=true deploys a page, which has no AWS credentials to sign with: expected -c auth=cognito, jwt or none, got auth=iam. Name one of them, or leave the site out.',
    )
  }
  if (issuer || audience) {
    throw new ConfigurationError(
      `Context ${issuer ? 'issuer' : 'audience'} belongs to auth=jwt, got auth=${name}. Write -c auth=jwt, or leave it out.`,
    )
  }
  return name === 'cognito' ? UploadAuth.cognito({ ...(commandLine && { commandLine }) }) : UploadAuth[name]()
}

function readOrigins(context: Context): string[] {
  const origins = (context.text('origins') ?? '')
    .split(',')
    .map((origin) => origin.trim())
    .filter((origin) => origin !== '')
  const wrong = origins.find((origin) => origin !== '*' && !isOrigin(origin))
  if (wrong !== undefined) {
    throw context.unexpected(
      'origins',
      'a scheme and a host, with a port where it has one and no path',
      wrong,
      '-c origins=https://www.example.com,http://localhost:5173',
    )
  }
  const openToNobody = origins.length === 0 && context.text('site') !== 'true'
  if (context.text('auth') === 'none' && (openToNobody || origins.includes('*'))) {
    throw new ConfigurationError(
      `auth=none lets anyone who reaches the endpoint upload, so it wants the origins of your pages: expected -c origins=https://www.example.com, got ${openToNobody ? 'none' : '*'}. Name them, or leave auth out for iam.`,
    )
  }
  return origins
}

function readSize(context: Context): number | undefined {
  const value = context.text('maxObjectSize')
  if (value === undefined) return undefined
  const [, digits = '', unit = ''] = /^(\d+) ?([KMGT]iB)?$/i.exec(value) ?? []
  const size = Number(digits) * (UNITS[unit.toUpperCase()] ?? 0)
  if (digits !== '' && size >= 1 && size <= MAX_OBJECT_BYTES) return size
  throw context.unexpected(
    'maxObjectSize',
    `1 to ${MAX_OBJECT_BYTES} bytes, or a size such as 5GiB`,
    value,
    '-c maxObjectSize=5GiB',
  )
}

function readDomain(context: Context): Pick<UploadStackProps, 'domain'> {
  const { domainName, certificateArn } = context.texts('domainName', 'certificateArn')
  if (domainName && certificateArn) return { domain: { name: domainName, certificateArn } }
  if (!domainName && !certificateArn) return {}
  throw new ConfigurationError(
    `A domain needs its certificate: expected -c domainName=uploads.example.com and -c certificateArn=arn:aws:acm:…, got ${domainName ? 'no certificateArn' : 'no domainName'}. Give both, or neither.`,
  )
}

function readSiteDomain(context: Context): Pick<UploadStackProps, 'siteDomain'> {
  const { site = false } = context.booleans('site')
  const { siteDomainName: name, siteCertificateArn: certificateArn } = context.texts(
    'siteDomainName',
    'siteCertificateArn',
  )
  if (!site && (name || certificateArn)) {
    throw new ConfigurationError(
      `Context ${name ? 'siteDomainName' : 'siteCertificateArn'} belongs to site=true, got no site. Write -c site=true, or leave it out.`,
    )
  }
  if (!name && !certificateArn) return {}
  if (name && certificateArn?.startsWith('arn:aws:acm:us-east-1:')) {
    return { siteDomain: { name, certificateArn } }
  }
  throw new ConfigurationError(
    `CloudFront takes certificates from us-east-1: expected -c siteDomainName=upload.example.com and -c siteCertificateArn=arn:aws:acm:us-east-1:…, got ${name ?? 'no siteDomainName'} and ${certificateArn ?? 'no siteCertificateArn'}. Give both, or neither.`,
  )
}
