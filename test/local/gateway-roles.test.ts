import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  GetBucketCorsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createFunction, type LambdaFunction } from '../../local/lambda-runtime.ts'
import { provisionBuckets } from '../../local/provision.ts'
import { type S3Server, startS3 } from '../../local/s3/server.ts'
import { createSessions } from '../../local/sessions.ts'
import { type FunctionDescription, readTemplate } from '../../local/template.ts'
import { FIXTURE_ASSET, fixtureTemplate } from './fixture-template.ts'

const ROOT = { accessKeyId: 'root', secretAccessKey: 'rootsecret' }
const Bucket = 'partway-films'
const THIRTEEN_HOURS_MS = 13 * 60 * 60 * 1000
const ARN = `arn:aws:s3:::${Bucket}`

let directory: string
let s3: S3Server
let now: Date
const sessions = createSessions(() => now)
const functions: LambdaFunction[] = []
const clients: S3Client[] = []

beforeAll(async () => {
  now = new Date()
  directory = await mkdtemp(join(tmpdir(), 'partway-roles-'))
  await writeFile(join(directory, 'index.mjs'), 'export const handler = async () => process.env')
  const root = { ...ROOT, allows: () => true }
  s3 = await startS3({
    dataDir: join(directory, 's3'),
    region: 'us-east-1',
    port: 0,
    findPrincipal: (id) => (id === root.accessKeyId ? root : sessions.find(id)),
    now: () => now,
  })
})

afterAll(async () => {
  for (const client of clients) client.destroy()
  await Promise.all(functions.map((lambda) => lambda.stop()))
  await s3.close()
  await rm(directory, { recursive: true })
})

test('buckets come from the template, and coming again changes nothing', async () => {
  const { buckets } = readTemplate(fixtureTemplate(), new Map([[FIXTURE_ASSET, directory]]), 'Partway')
  for (const _ of ['first', 'again']) await provisionBuckets(buckets, s3.url, ROOT)
  const client = connect(ROOT)
  expect((await client.send(new GetBucketCorsCommand({ Bucket }))).CORSRules).toEqual([
    { AllowedMethods: ['PUT'], AllowedOrigins: ['http://localhost:8080'], MaxAgeSeconds: 60 },
  ])
  const { Rules } = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))
  expect(Rules).toMatchObject([
    { Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
  ])
})

describe('S3 lets a function do what its role allows, and refuses the rest', () => {
  const put = (Key: string) => new PutObjectCommand({ Bucket, Key, Body: 'x' })

  test('by action and key', async () => {
    const client = await clientOf({ Effect: 'Allow', Action: 's3:PutObject', Resource: `${ARN}/uploads/*` })
    expect((await client.send(put('uploads/a'))).$metadata.httpStatusCode).toBe(200)
    await expect(client.send(put('elsewhere/a'))).rejects.toThrow(/not authorized to perform: s3:PutObject/)
    await expect(client.send(new GetObjectCommand({ Bucket, Key: 'uploads/a' }))).rejects.toThrow(
      /s3:GetObject/,
    )
  })

  test('by the prefix of a listing', async () => {
    const Condition = { StringLike: { 's3:prefix': 'uploads/*' } }
    const client = await clientOf({ Effect: 'Allow', Action: 's3:ListBucket', Resource: ARN, Condition })
    const list = (Prefix?: string) => client.send(new ListObjectsV2Command({ Bucket, Prefix }))
    expect((await list('uploads/')).$metadata.httpStatusCode).toBe(200)
    await expect(list('other/')).rejects.toThrow(/s3:ListBucket/)
    await expect(list()).rejects.toThrow(/s3:ListBucket/)
  })

  test('only until its session ends', async () => {
    const client = await clientOf({ Effect: 'Allow', Action: 's3:*', Resource: `${ARN}/*` })
    await client.send(put('uploads/b'))
    now = new Date(now.getTime() + THIRTEEN_HOURS_MS)
    client.config.systemClockOffset = THIRTEEN_HOURS_MS
    await expect(client.send(put('uploads/b'))).rejects.toMatchObject({ name: 'ExpiredToken' })
  })
})

/** An S3 client with the credentials that a function with such a role finds in its environment. */
async function clientOf(statement: FunctionDescription['role']['statements'][number]): Promise<S3Client> {
  const lambda = createFunction(
    {
      name: 'Echo',
      arn: 'arn:aws:lambda:us-east-1:000000000000:function:Echo',
      handler: 'index.handler',
      directory,
      environment: {},
      timeoutSeconds: 60,
      memoryMb: 128,
      role: { name: 'Role', statements: [statement] },
    },
    { sessions, s3Url: s3.url, log: () => {} },
  )
  functions.push(lambda)
  const outcome = await lambda.invoke('{}')
  const environment = JSON.parse('payload' in outcome ? outcome.payload : '{}')
  return connect({
    accessKeyId: environment.AWS_ACCESS_KEY_ID,
    secretAccessKey: environment.AWS_SECRET_ACCESS_KEY,
    sessionToken: environment.AWS_SESSION_TOKEN,
  })
}

function connect(credentials: {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}): S3Client {
  const client = new S3Client({
    endpoint: s3.url,
    forcePathStyle: true,
    region: 'us-east-1',
    credentials,
    maxAttempts: 1,
  })
  clients.push(client)
  return client
}
