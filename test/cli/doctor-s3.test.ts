import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutBucketCorsCommand,
  PutBucketLifecycleConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { ROOT_CREDENTIALS } from '../../local/aws.ts'
import { useLocalAws } from '../api/local-aws.ts'
import { serve } from '../client/servers.ts'
import { runHere } from './here.ts'

const aws = useLocalAws()
const ORIGIN = 'https://www.example.com'

test('a bucket that is well is said to be so, check by check, and keeps nothing', async () => {
  const { bucket, mend, kept, examine } = await aBucket()
  await mend()
  const { code, stdout } = await examine([`s3://${bucket}/films/`, '--deep', '--origin', ORIGIN])
  const settled = stdout
    .replace(/localhost:\d+/, 'HOST')
    .replace(/within \d+ s/, 'within N s')
    .replace(/\d{4}-\d\d-\d\d/, 'DATE')
    .replaceAll(/doctor-[0-9a-f-]{36}/g, 'doctor-ID')
  expect(settled).toBe(
    `ok      credentials         partway
ok      endpoint            HOST
ok      clock               within N s of the store’s
ok      list objects        below s3://${bucket}/films/
ok      list uploads        unfinished ones can be found
ok      look at objects     what is there, and what is not
ok      begin               an upload to films/.partway-doctor-ID
ok      part                the store takes a byte under a presigned URL
ok      CORS of the bucket  pages of ${ORIGIN} may send parts and read ETag
ok      list parts          the byte is there
ok      checksums           CRC64NVME, CRC32, CRC32C of whole objects: the store compares what it stored
ok      abort               the byte is gone again
ok      lifecycle           what is left unfinished today is deleted on DATE
ok      integrity           a checksum of other bytes is refused
ok      complete            an object of one byte, films/.partway-doctor-ID
ok      read                a range, under a presigned URL
ok      --if-none-match     an object that is there is not replaced
ok      delete              the object is gone again
`,
  )
  expect(code).toBe(0)
  expect(await kept()).toEqual([])
})

test('what a bucket lacks is told with the configuration that mends it', async () => {
  const { bucket, s3, examine } = await aBucket()
  const words = [`s3://${bucket}`, '--origin', ORIGIN, '--json']
  const broken = await examine(words)
  expect(broken.code).toBe(1)
  const fixes = failures(broken.stdout)
  expect(fixes.map(({ name }) => name)).toEqual(['CORS of the bucket', 'lifecycle'])

  const configurations = fixes.map(({ fix }) => JSON.parse(/'(\{.*\})'$/.exec(fix ?? '')?.[1] ?? ''))
  const [CORSConfiguration, LifecycleConfiguration] = configurations
  await s3.send(new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration }))
  await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket: bucket, LifecycleConfiguration }))
  const mended = await examine(words)
  expect({ code: mended.code, failures: failures(mended.stdout) }).toEqual({ code: 0, failures: [] })
})

test.each([
  ['s3:ListBucket', 'list objects'],
  ['s3:ListBucketMultipartUploads', 'list uploads'],
  ['s3:GetObject', 'look at objects'],
  ['s3:PutObject', 'begin'],
  ['s3:ListMultipartUploadParts', 'list parts'],
  ['s3:AbortMultipartUpload', 'abort'],
])('a missing permission, %s, is told by its name', async (action, check) => {
  const { bucket, mend, examine } = await aBucket()
  await mend()
  const everything = { Effect: 'Allow', Action: 's3:*', Resource: '*' }
  const but = { Effect: 'Deny', Action: action, Resource: '*' }
  const credentials = aws.issueCredentials({ name: 'anna', seconds: 600, statements: [everything, but] })
  const { code, stdout } = await examine([`s3://${bucket}`, '--json'], credentials)
  expect(code).toBe(1)
  expect(failures(stdout)).toMatchObject([
    { name: check, detail: expect.stringContaining(`${action} is missing`) },
  ])
})

test('where s3:DeleteObject is missing, the object that stays is named', async () => {
  const { bucket, mend, kept, examine } = await aBucket()
  await mend()
  const everything = { Effect: 'Allow', Action: 's3:*', Resource: '*' }
  const but = { Effect: 'Deny', Action: 's3:DeleteObject', Resource: '*' }
  const credentials = aws.issueCredentials({ name: 'anna', seconds: 600, statements: [everything, but] })
  const { code, stdout } = await examine([`s3://${bucket}`, '--deep'], credentials)
  expect(code).toBe(0)
  const [key] = await kept()
  expect(stdout).toContain(`warning delete              the object of one byte stays, s3://${bucket}/${key}`)
})

test.each([
  ['a key that is unknown', { accessKeyId: 'nobody' }, 'InvalidAccessKeyId', 'Look at the access key id'],
  ['a secret that is another', { secretAccessKey: 'x' }, 'SignatureDoesNotMatch', 'Look at the secret'],
])('%s is told at once', async (_, change, code, advice) => {
  const { bucket, examine } = await aBucket()
  const { stdout } = await examine([`s3://${bucket}`, '--json'], { ...ROOT_CREDENTIALS, ...change })
  const [wrong, ...others] = failures(stdout)
  expect(others).toEqual([])
  expect(wrong).toMatchObject({ name: 'credentials', detail: expect.stringContaining(code) })
  expect(wrong?.detail).toContain(advice)
})

test('whose the credentials are is asked of STS, where there is one', async () => {
  const { bucket, examine } = await aBucket()
  const knows = await serve((_, response) => void response.end('<a><Arn>arn:aws:iam::1:user/anna</Arn></a>'))
  const { stdout } = await examine([`s3://${bucket}`], ROOT_CREDENTIALS, { AWS_ENDPOINT_URL_STS: knows })
  expect(stdout).toMatch(/^ok {6}credentials {9}partway, of arn:aws:iam::1:user\/anna$/m)

  const knowsNot = await serve((_, response) => {
    response.writeHead(403).end('<Error><Code>InvalidClientTokenId</Code></Error>')
  })
  const refused = await examine([`s3://${bucket}`], ROOT_CREDENTIALS, { AWS_ENDPOINT_URL_STS: knowsNot })
  expect(refused.stdout).toMatch(/^FAILED {2}credentials {9}partway: AWS knows no such ones/)
  expect(refused.stdout.split('\n')).toHaveLength(2)
})

test('credentials that have expired are told, and nobody is waited for', async () => {
  const { bucket, examine } = await aBucket()
  const credentials = aws.issueCredentials({ name: 'anna', seconds: 0 })
  const { code, stdout } = await examine([`s3://${bucket}`], credentials)
  expect(code).toBe(1)
  expect(stdout).toMatch(/^FAILED {2}credentials {9}Expected live AWS credentials/m)
})

test('a bucket that is not there, an endpoint that is none and one that is dead are told apart', async () => {
  const { examine } = await aBucket()
  const [missing] = failures((await examine(['s3://not-there', '--json'])).stdout)
  expect(missing).toMatchObject({ name: 'bucket', detail: expect.stringContaining('NoSuchBucket') })

  const page = await serve((_, response) => void response.end('<!doctype html><p>Hello'))
  const [none] = failures((await examine(['s3://films', '--json', '--endpoint-url', page])).stdout)
  expect(none).toMatchObject({ name: 'endpoint', detail: expect.stringContaining('no S3') })

  const dead = await examine(['s3://films', '--json', '--endpoint-url', 'http://partway.invalid'])
  expect(failures(dead.stdout)).toMatchObject([
    { name: 'endpoint', detail: expect.stringMatching(/^no answer from partway\.invalid \(E[A-Z_]+\)/) },
  ])
})

test('the region of a bucket that is elsewhere is told', async () => {
  const elsewhere = await serve((_, response) => {
    response.writeHead(301, { 'x-amz-bucket-region': 'eu-west-1' }).end()
  })
  const { examine } = await aBucket()
  const { code, stdout } = await examine(['s3://films', '--json', '--endpoint-url', elsewhere])
  expect(code).toBe(1)
  expect(failures(stdout)).toMatchObject([{ name: 'region', fix: '--region eu-west-1' }])
})

interface Failure {
  readonly name: string
  readonly outcome: string
  readonly detail: string
  readonly fix?: string
}

function failures(stdout: string): Failure[] {
  const lines: Failure[] = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  return lines.filter(({ outcome }) => outcome === 'failed')
}

let buckets = 0

async function aBucket() {
  const bucket = `doctor-${++buckets}`
  const s3 = new S3Client({
    endpoint: aws.s3Url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: ROOT_CREDENTIALS,
  })
  await s3.send(new CreateBucketCommand({ Bucket: bucket }))
  return {
    bucket,
    s3,
    /** Gives it the rules that it should have. */
    async mend() {
      const rule = {
        Status: 'Enabled',
        Filter: { Prefix: '' },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
      } as const
      const cors = {
        AllowedOrigins: [ORIGIN],
        AllowedMethods: ['PUT'],
        AllowedHeaders: ['*'],
        ExposeHeaders: ['ETag'],
      }
      await s3.send(
        new PutBucketLifecycleConfigurationCommand({
          Bucket: bucket,
          LifecycleConfiguration: { Rules: [rule] },
        }),
      )
      await s3.send(new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration: { CORSRules: [cors] } }))
    },
    /** Keys of what is there, finished or not. */
    async kept(): Promise<(string | undefined)[]> {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }))
      const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }))
      return [...Contents, ...Uploads].map(({ Key }) => Key)
    },
    examine(
      words: string[],
      credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } = ROOT_CREDENTIALS,
      environment: Record<string, string> = {},
    ) {
      const { accessKeyId, secretAccessKey, sessionToken } = credentials
      return runHere(['doctor', ...words], {
        AWS_ENDPOINT_URL_S3: aws.s3Url,
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        ...(sessionToken && { AWS_SESSION_TOKEN: sessionToken }),
        ...environment,
      })
    },
  }
}
