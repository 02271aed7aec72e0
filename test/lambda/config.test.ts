import { expect, test } from 'vitest'
import { environment } from './environment.ts'

const { readConfig } = await import('../../lambda/config.ts')

test('the environment is read into units and types', () => {
  expect(readConfig({ ...environment, ALLOWED_CONTENT_TYPES: 'video/*, Image/PNG' })).toEqual({
    bucket: 'uploads-bucket',
    keyPrefix: 'uploads',
    auth: 'none',
    oidc: undefined,
    maxObjectSize: 53_687_091_200_000,
    urlLifetime: 3600,
    allowedContentTypes: ['video/*', 'image/png'],
    storageClass: undefined,
    accelerate: false,
    metricsStack: undefined,
    region: 'us-east-1',
    endpoint: undefined,
  })
})

test('the endpoint is S3’s own before that of every service, as in the SDK', () => {
  const all = { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' }
  expect(readConfig({ ...environment, ...all }).endpoint).toBe(all.AWS_ENDPOINT_URL)
  const s3 = { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:8081' }
  expect(readConfig({ ...environment, ...all, ...s3 }).endpoint).toBe(s3.AWS_ENDPOINT_URL_S3)
})

test.each(['OIDC_ISSUER', 'OIDC_CLIENT_ID'])('auth by token wants %s', (name) => {
  const oidc = { AUTH: 'jwt', OIDC_ISSUER: 'https://id.example.com', OIDC_CLIENT_ID: 'web' }
  expect(readConfig({ ...environment, ...oidc }).oidc).toEqual({
    issuer: 'https://id.example.com',
    clientId: 'web',
  })
  expect(() => readConfig({ ...environment, ...oidc, [name]: '' })).toThrow(name)
})

test.each(['BUCKET', 'KEY_PREFIX', 'AUTH', 'MAX_OBJECT_SIZE', 'URL_LIFETIME', 'AWS_REGION'])(
  'a missing %s is named',
  (name) => {
    expect(() => readConfig({ ...environment, [name]: undefined })).toThrow(name)
  },
)

test.each([
  ['AUTH', 'nobody'],
  ['MAX_OBJECT_SIZE', '5 TB'],
  ['MAX_OBJECT_SIZE', '53687091200001'],
  ['URL_LIFETIME', '0'],
  ['URL_LIFETIME', '604801'],
])('%s=%s is refused by name and value', (name, value) => {
  expect(() => readConfig({ ...environment, [name]: value })).toThrow(new RegExp(`${name}.*"${value}"`))
})
