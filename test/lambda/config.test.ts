import { expect, test } from 'vitest'
import { environment } from './environment.ts'

const { readConfig } = await import('../../lambda/config.ts')

test('the environment is read into units and types', () => {
  expect(readConfig({ ...environment, ALLOWED_CONTENT_TYPES: 'video/*, Image/PNG' })).toEqual({
    bucket: 'uploads-bucket',
    keyPrefix: 'uploads',
    auth: 'none',
    maxObjectSize: 53_687_091_200_000,
    urlLifetime: 3600,
    allowedContentTypes: ['video/*', 'image/png'],
    region: 'us-east-1',
    endpoint: undefined,
  })
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
