import { PutBucketCorsCommand, PutBucketLifecycleConfigurationCommand, S3Client } from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { ROOT_CREDENTIALS } from '../../local/aws.ts'
import { routes } from '../../protocol/routes.ts'
import { ask, useLocalAws } from '../api/local-aws.ts'
import { openDesk } from './command.ts'

const aws = useLocalAws()

test('an endpoint that is well is said to be so, check by check, and keeps nothing', async () => {
  const { run } = await openDesk()
  const { code, stdout } = await run(['doctor', '--api', aws.apiUrl, '--origin', aws.apiUrl])
  const settled = stdout
    .replace(/uploads\/\S+/, 'KEY')
    .replace(/\d{4}-\d\d-\d\d/, 'DATE')
    .replace(/\d+ s of/, 'N s of')
  expect(settled).toBe(
    `ok      API                 version 0.1.0, auth none, us-east-1
ok      clock               within N s of the API's
ok      CORS of the API     pages of ${aws.apiUrl} may call it
ok      initiate            KEY
ok      lifecycle           what is left unfinished is deleted on DATE
ok      part                the store takes a byte under a presigned URL
ok      CORS of the bucket  pages of ${aws.apiUrl} may send parts and read ETag
ok      checksums           the store computes CRC64NVME
ok      abort               the byte is gone again
`,
  )
  expect(code).toBe(0)
  expect(await ask(aws.apiUrl, routes['list-uploads'])).toEqual({ uploads: [] })
})

test('an origin that was not deployed with is told what to deploy', async () => {
  const { run } = await openDesk()
  const { code, stdout } = await run(['doctor', '--api', aws.apiUrl, '--origin', 'https://other.example'])
  expect(code).toBe(1)
  expect(stdout).toContain(
    'FAILED  CORS of the API     it does not let pages of https://other.example call it',
  )
  expect(stdout).toContain(
    'FAILED  CORS of the bucket  it does not let pages of https://other.example send parts',
  )
})

test('without an origin, CORS is not checked, and said not to be', async () => {
  const { run } = await openDesk()
  const { code, stdout } = await run(['doctor', '--api', aws.apiUrl])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^- {7}CORS of the bucket {2}give --origin/m)
})

test('a bucket without its rules, as one of your own may be, is told which it lacks', async () => {
  const { url } = await anUpload()
  const Bucket = new URL(url).pathname.split('/')[1]
  const s3 = new S3Client({
    endpoint: aws.s3Url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: ROOT_CREDENTIALS,
  })
  const CORSRules = [{ AllowedOrigins: [aws.apiUrl], AllowedMethods: ['PUT'], AllowedHeaders: ['*'] }]
  const elsewhere = { Status: 'Enabled', Filter: { Prefix: 'elsewhere/' }, Expiration: { Days: 1 } } as const
  await s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }))
  await s3.send(
    new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [elsewhere] } }),
  )
  const { run } = await openDesk()

  const { code, stdout } = await run(['doctor', '--api', aws.apiUrl, '--origin', aws.apiUrl])

  expect(code).toBe(1)
  expect(stdout).toContain('FAILED  lifecycle           no rule deletes unfinished uploads')
  expect(stdout).toContain('may send parts and not read ETag; expose it')
})

test.each([
  [['doctor', 'x'], 'Expected a place such as s3://bucket/folder/film.mov, got "x".'],
  [['doctor', 's3://a-bucket', 's3://b-bucket'], 'Expected one place, got s3://a-bucket s3://b-bucket.'],
  [['doctor', '--deep'], '--deep has a meaning straight to S3 alone'],
  [['doctor', '--origin', 'www.example.com'], 'Expected --origin such as https://www.example.com'],
])('%j is a usage error', async (args, message) => {
  const { run } = await openDesk()
  expect(await run(args, { PARTWAY_API: aws.apiUrl })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(message),
  })
})

async function anUpload(): Promise<{ url: string }> {
  const answer = await ask(aws.apiUrl, routes.initiate, { body: { fileName: 'a', size: 1 } })
  if (answer.kind !== 'single') throw new Error('Expected a single PUT.')
  return answer
}
