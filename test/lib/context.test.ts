import { Duration, Size } from 'aws-cdk-lib'
import { StorageClass } from 'aws-cdk-lib/aws-s3'
import { expect, test } from 'vitest'
import { readContext } from '../../lib/context.ts'
import { createApp } from './synth.ts'

const read = (context: Record<string, unknown>) => readContext(createApp(context).node)
const page = { auth: 'cognito', site: 'true' }

test('without context, callers are IAM’s and no page is let in', () => {
  const { auth, ...rest } = read({})
  expect(auth?.name).toBe('iam')
  expect(rest).toEqual({ allowedOrigins: [] })
})

test('every value is read into what the stack takes', () => {
  const { auth, ...rest } = read({
    auth: 'none',
    origins: 'https://www.example.com, http://localhost:8080',
    maxObjectSize: '5GiB',
    urlLifetime: '900',
    abortAfterDays: 3,
    prefix: 'films',
    bucketName: 'films-of-the-team',
    encryptionKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/0',
    storageClass: 'INTELLIGENT_TIERING',
    transferAcceleration: true,
    domainName: 'uploads.example.com',
    certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/0',
    alarmEmail: 'team@example.com',
    site: 'false',
  })
  expect(auth?.name).toBe('none')
  expect(rest).toEqual({
    allowedOrigins: ['https://www.example.com', 'http://localhost:8080'],
    maxObjectSize: Size.bytes(5_368_709_120),
    urlLifetime: Duration.seconds(900),
    abortAfter: Duration.days(3),
    prefix: 'films',
    bucketName: 'films-of-the-team',
    encryptionKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/0',
    storageClass: StorageClass.INTELLIGENT_TIERING,
    transferAcceleration: true,
    domain: {
      name: 'uploads.example.com',
      certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/0',
    },
    alarmEmail: 'team@example.com',
    site: false,
  })
})

test.each<[Record<string, unknown>, string]>([
  [{ auth: 'jwt', issuer: 'https://login.example.com/', audience: 'partway' }, 'jwt'],
  [{ auth: 'cognito' }, 'cognito'],
  [{ auth: '' }, 'iam'],
])('%j is auth %s', (context, name) => {
  expect(read(context).auth?.name).toBe(name)
})

test.each([
  ['1', 1],
  ['10 MiB', 10_485_760],
  ['48TiB', 52_776_558_133_248],
  ['53687091200000', 53_687_091_200_000],
])('maxObjectSize=%s is %i bytes', (maxObjectSize, bytes) => {
  expect(read({ maxObjectSize }).maxObjectSize?.toBytes()).toBe(bytes)
})

test.each<[Record<string, unknown>, RegExp]>([
  [{ auth: 'nobody' }, /auth: expected iam, none, jwt or cognito, got "nobody".*-c auth=iam/],
  [{ auth: 'none' }, /auth=none.*expected -c origins=https:\/\/www\.example\.com, got none/],
  [{ auth: 'none', origins: '*' }, /auth=none.*got \*/],
  [{ auth: 'none', origins: 'https://*' }, /origins: expected a scheme and a host.*got "https:\/\/\*"/],
  [{ origins: 'https://*.example.com' }, /origins: expected a scheme and a host/],
  [{ origins: 'www.example.com' }, /origins: expected a scheme and a host.*got "www\.example\.com"/],
  [{ origins: 'https://www.example.com/' }, /no path, got "https:\/\/www\.example\.com\/"/],
  [{ origins: 'ftp://example.com' }, /origins: expected/],
  [{ maxObjectSize: '5 TB' }, /maxObjectSize: expected.*got "5 TB"/],
  [{ maxObjectSize: '0' }, /maxObjectSize: expected/],
  [{ maxObjectSize: '53687091200001' }, /maxObjectSize: expected/],
  [{ urlLifetime: '30' }, /urlLifetime: expected a whole number of seconds from 60 to 3600, got "30"/],
  [{ urlLifetime: '1h' }, /urlLifetime: expected/],
  [{ abortAfterDays: '1.5' }, /abortAfterDays: expected a whole number of days/],
  [{ auth: 'jwt' }, /auth=jwt.*expected -c issuer=.*got no issuer/],
  [{ auth: 'jwt', issuer: 'https://login.example.com' }, /got no audience/],
  [
    { auth: 'jwt', issuer: 'login.example.com', audience: 'partway' },
    /issuer to be an https URL.*got "login/,
  ],
  [{ issuer: 'https://login.example.com' }, /issuer belongs to auth=jwt, got auth=iam/],
  [{ commandLine: 'true' }, /commandLine belongs to auth=cognito, got auth=iam/],
  [{ storageClass: 'GLACIER' }, /storageClass: expected STANDARD, .* or GLACIER_IR, got "GLACIER"/],
  [{ transferAcceleration: 'yes' }, /transferAcceleration: expected true or false, got "yes"/],
  [{ domainName: 'uploads.example.com' }, /needs its certificate.*got no certificateArn/],
  [{ certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/0' }, /got no domainName/],
  [{ site: 'true' }, /site=true.*expected -c auth=cognito.*got auth=iam/],
  [{ ...page, siteDomainName: 'upload.example.com' }, /us-east-1.*got upload.* and no siteCertificateArn/],
  [
    {
      ...page,
      siteDomainName: 'upload.example.com',
      siteCertificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/0',
    },
    /us-east-1: expected/,
  ],
  [{ siteDomainName: 'upload.example.com' }, /siteDomainName belongs to site=true/],
  [{ orgins: 'https://www.example.com' }, /got orgins\. Did you mean -c origins=/],
  [{ 'max-object-size': '5GiB' }, /Did you mean -c maxObjectSize=/],
])('%j is refused, with what to write', (context, message) => {
  expect(() => read(context)).toThrow(message)
})

test('the page has a domain of its own', () => {
  const certificateArn = 'arn:aws:acm:us-east-1:111122223333:certificate/0'
  const context = { ...page, siteDomainName: 'upload.example.com', siteCertificateArn: certificateArn }
  expect(read(context)).toMatchObject({
    site: true,
    siteDomain: { name: 'upload.example.com', certificateArn },
  })
})

test('context that is not ours passes', () => {
  const foreign = { '@aws-cdk/core:checkSecretUsage': true, 'availability-zones:account': [], team: 'films' }
  expect(read(foreign).allowedOrigins).toEqual([])
})
