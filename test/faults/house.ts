import { mkdir } from 'node:fs/promises'
import { CreateBucketCommand, PutBucketCorsCommand, S3Client } from '@aws-sdk/client-s3'
import { createGateway } from '../../local/gateway.ts'
import { REGION } from '../../local/intrinsics.ts'
import type { Outcome } from '../../local/lambda-protocol.ts'
import { listenOnLoopback } from '../../local/listen.ts'
import { startS3 } from '../../local/s3/server.ts'
import { type RouteName, routes } from '../../protocol/routes.ts'
import { root } from '../local/s3-root.ts'
import { BUCKET } from './bucket.ts'

/** Those of the house, and those that are renewed. */
const OWN_KEY_ID = new RegExp(`^${root.accessKeyId}(-\\d+)?$`)
const NAMES = Object.keys(routes) as RouteName[]

const CORSConfiguration = {
  CORSRules: [
    {
      AllowedOrigins: ['*'],
      AllowedMethods: ['GET', 'PUT'],
      AllowedHeaders: ['*'],
      ExposeHeaders: ['ETag', 'Date', 'x-amz-checksum-crc64nvme', 'x-amz-checksum-crc32'],
      MaxAgeSeconds: 3600,
    },
  ],
}
const API_CORS = {
  AllowOrigins: ['*'],
  AllowMethods: ['GET', 'POST', 'DELETE'],
  AllowHeaders: ['content-type'],
  ExposeHeaders: [],
  AllowCredentials: false,
  MaxAge: 3600,
}

export interface HouseOptions {
  dataDirectory: string
  /** 0: any that is free. */
  apiPort?: number
  s3Port?: number
  /** Where clients find S3: what the URLs that are signed name. */
  storeUrl: string
  /** Any page may ask: with CORS, as the stack sets it up. @default false */
  forPages?: boolean
}

export interface House {
  readonly apiPort: number
  readonly s3Port: number
  readonly client: S3Client
  /** Sets S3's clock so far ahead. */
  skewStore?(milliseconds: number): void
  close(): Promise<void>
}

/**
 * The API and S3 in this process: the local AWS's own gateway and store over HTTP, and the functions' handlers behind it as they stand,
 * without the template, the bundles and the workers that take seconds to start. One in a process: a handler reads its
 * environment when it is loaded.
 */
export async function openHouse(options: HouseOptions): Promise<House> {
  await mkdir(options.dataDirectory, { recursive: true })
  let storeSkewMs = 0
  const s3 = await startS3({
    dataDir: options.dataDirectory,
    region: REGION,
    port: options.s3Port ?? 0,
    findPrincipal: (id) => (OWN_KEY_ID.test(id) ? { ...root, accessKeyId: id } : undefined),
    now: () => new Date(Date.now() + storeSkewMs),
  })
  const client = storeClient(s3.port)
  await client.send(new CreateBucketCommand({ Bucket: BUCKET })).catch((error: Error) => {
    if (error.name !== 'BucketAlreadyOwnedByYou') throw error
  })
  if (options.forPages) await client.send(new PutBucketCorsCommand({ Bucket: BUCKET, CORSConfiguration }))
  Object.assign(process.env, {
    BUCKET,
    KEY_PREFIX: 'uploads',
    AUTH: 'none',
    MAX_OBJECT_SIZE: String(2 ** 40),
    URL_LIFETIME: '3600',
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: root.accessKeyId,
    AWS_SECRET_ACCESS_KEY: root.secretAccessKey,
    AWS_ENDPOINT_URL_S3: options.storeUrl,
  })
  // The functions' log.
  console.log = () => {}
  const functions = new Map(await Promise.all(NAMES.map(loadFunction)))
  const api = {
    id: 'api',
    throttling: {},
    ...(options.forPages && { cors: API_CORS }),
    routes: NAMES.map((name) => ({
      method: routes[name].method,
      path: routes[name].path,
      functionName: name,
      authorization: 'NONE',
    })),
  }
  const gateway = await listenOnLoopback(
    createGateway({ api, functions, log: (line) => process.stderr.write(`${line}\n`) }),
    options.apiPort ?? 0,
  )
  return {
    apiPort: gateway.port,
    s3Port: s3.port,
    client,
    skewStore(milliseconds) {
      storeSkewMs = milliseconds
      client.config.systemClockOffset = milliseconds
    },
    async close() {
      client.destroy()
      await gateway.close()
      await s3.close()
    },
  }
}

/** S3 itself, with no proxy before it, for whom it obeys. */
export function storeClient(s3Port: number): S3Client {
  const { accessKeyId, secretAccessKey } = root
  return new S3Client({
    endpoint: `http://127.0.0.1:${s3Port}`,
    forcePathStyle: true,
    region: REGION,
    credentials: { accessKeyId, secretAccessKey },
  })
}

/** Every handler's file is named after its route. */
async function loadFunction(name: RouteName) {
  const { handler } = await import(`../../lambda/${name}.ts`)
  const invoke = async (event: string): Promise<Outcome> => {
    const context = { awsRequestId: 'invocation', getRemainingTimeInMillis: () => 30_000 }
    return { payload: JSON.stringify(await handler(JSON.parse(event), context)) }
  }
  return [name, { invoke }] as const
}
