import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetBucketCorsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutBucketCorsCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPolicy } from '../../local/policy.ts'
import { provisionBuckets } from '../../local/provision.ts'
import { type S3Server, startS3 } from '../../local/s3/server.ts'
import { createSessions } from '../../local/sessions.ts'
import { synthesise } from '../../local/synth.ts'
import { readTemplate, type Stack } from '../../local/template.ts'
import { type RouteName, routes } from '../../protocol/routes.ts'

const ROOT = { accessKeyId: 'root', secretAccessKey: 'rootsecret' }
const Key = 'uploads/public/film.mp4'
const UploadId = 'none'

let directory: string
let stack: Stack
let s3: S3Server
const sessions = createSessions()
const clients: S3Client[] = []

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'partway-stack-'))
  const root = { ...ROOT, allows: () => true }
  s3 = await startS3({
    dataDir: join(directory, 's3'),
    region: 'us-east-1',
    port: 0,
    findPrincipal: (id) => (id === root.accessKeyId ? root : sessions.find(id)),
  })
  const { template, assets, stackName } = await synthesise(join(directory, 'cdk.out'), {
    auth: 'none',
    origins: 'http://localhost:8080',
  })
  stack = readTemplate(template, assets, stackName)
  await provisionBuckets(stack.buckets, s3.url, ROOT)
}, 60_000)

afterAll(async () => {
  for (const client of clients) client.destroy()
  await s3.close()
  await rm(directory, { recursive: true })
})

test('the stack has the routes of the API, each with a function of its own', () => {
  const declared = Object.values(routes).map(({ method, path }) => `${method} ${path}`)
  expect(stack.api.routes.map(({ method, path }) => `${method} ${path}`)).toEqual(declared)
  expect(new Set(stack.api.routes.map(({ functionName }) => functionName)).size).toBe(declared.length)
})

/** What each function may do on S3; all else is refused. `HeadObject` is missing where it says 403 for what does not exist. */
const ALLOWED: Record<RouteName, string[]> = {
  describe: [],
  initiate: ['PutObject', 'CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload'],
  presign: ['PutObject', 'CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload'],
  'list-parts': ['ListParts'],
  complete: [
    'PutObject',
    'CreateMultipartUpload',
    'UploadPart',
    'CompleteMultipartUpload',
    'ListParts',
    'GetObject',
    'HeadObject',
    'ListObjectsV2',
    'ListObjectsV2 of everything',
  ],
  abort: ['AbortMultipartUpload', 'ListParts'],
  'list-uploads': ['ListParts', 'ListMultipartUploads'],
  'list-objects': ['ListObjectsV2'],
  download: ['GetObject', 'HeadObject', 'ListObjectsV2', 'ListObjectsV2 of everything'],
}

const OPERATIONS: Record<string, (client: S3Client, Bucket: string) => Promise<unknown>> = {
  PutObject: (client, Bucket) => client.send(new PutObjectCommand({ Bucket, Key: `${Key}.new`, Body: 'x' })),
  'PutObject outside the prefix': (client, Bucket) =>
    client.send(new PutObjectCommand({ Bucket, Key: 'film.mp4', Body: 'x' })),
  CreateMultipartUpload: (client, Bucket) => client.send(new CreateMultipartUploadCommand({ Bucket, Key })),
  UploadPart: (client, Bucket) =>
    client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: 'x' })),
  CompleteMultipartUpload: (client, Bucket) =>
    client.send(
      new CompleteMultipartUploadCommand({
        Bucket,
        Key,
        UploadId,
        MultipartUpload: { Parts: [{ PartNumber: 1, ETag: 'x' }] },
      }),
    ),
  AbortMultipartUpload: (client, Bucket) =>
    client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })),
  ListParts: (client, Bucket) => client.send(new ListPartsCommand({ Bucket, Key, UploadId })),
  ListMultipartUploads: (client, Bucket) => client.send(new ListMultipartUploadsCommand({ Bucket })),
  GetObject: (client, Bucket) => client.send(new GetObjectCommand({ Bucket, Key })),
  HeadObject: (client, Bucket) => client.send(new HeadObjectCommand({ Bucket, Key })),
  ListObjectsV2: (client, Bucket) =>
    client.send(new ListObjectsV2Command({ Bucket, Prefix: 'uploads/public/' })),
  'ListObjectsV2 of everything': (client, Bucket) => client.send(new ListObjectsV2Command({ Bucket })),
  DeleteObject: (client, Bucket) => client.send(new DeleteObjectCommand({ Bucket, Key })),
  GetBucketCors: (client, Bucket) => client.send(new GetBucketCorsCommand({ Bucket })),
  PutBucketCors: (client, Bucket) =>
    client.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: [] } })),
}

describe('the local S3 lets each function do what its role allows, and refuses the rest', () => {
  test.each(Object.entries(ALLOWED))('%s', async (name, allowed) => {
    const client = clientOf(name as RouteName)
    const permitted: string[] = []
    for (const [operation, run] of Object.entries(OPERATIONS)) {
      if (await isPermitted(run(client, stack.buckets[0]?.name ?? ''))) permitted.push(operation)
    }
    expect(permitted.sort()).toEqual([...allowed].sort())
  })
})

function clientOf(name: RouteName): S3Client {
  const { method, path } = routes[name]
  const route = stack.api.routes.find((each) => each.method === method && each.path === path)
  const { role } = stack.functions.find((each) => each.name === route?.functionName) ?? {}
  const { accessKeyId, secretAccessKey, sessionToken } = sessions.assume(
    createPolicy(role?.statements ?? [], name),
  )
  const client = new S3Client({
    endpoint: s3.url,
    forcePathStyle: true,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey, sessionToken },
    maxAttempts: 1,
  })
  clients.push(client)
  return client
}

/** Permitted is also what fails for another reason, such as an upload that does not exist. */
async function isPermitted(work: Promise<unknown>): Promise<boolean> {
  try {
    await work
    return true
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error
    return error.$metadata.httpStatusCode !== 403
  }
}
