import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CreateBucketCommand, DeleteObjectsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { startEngine } from '../test/contract/engine.ts'
import type { Place } from './cli-contestants.ts'

const run = promisify(execFile)
const RGW = join(import.meta.dirname, '../test/engines/rgw.sh')
const BUCKET = 'bench'

/** A store of this run's own, with an empty bucket. */
export interface Server extends Place {
  readonly name: string
  /** Deletes all objects, and does not count. */
  empty(): Promise<void>
  stop(): Promise<void>
}

/** The store that `S3_ENGINE` and `S3_ENDPOINT` name, as for the contract; or else Ceph RGW, where it is installed; or else the local S3. */
export async function startServer(folder: string): Promise<Server> {
  const hasRgw = await run('sh', ['-c', 'command -v radosgw']).then(
    () => true,
    () => false,
  )
  const engine =
    process.env.S3_ENGINE === undefined && hasRgw ? await startRgw(folder) : { ...(await startEngine()) }
  const { endpoint, region, credentials } = engine
  if (endpoint === undefined)
    throw new Error('Expected a store of your own, got AWS, which would cost money.')
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true })
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }))
  return {
    ...{ name: engine.name, endpoint, region, credentials, bucket: BUCKET },
    empty: () => emptyBucket(client),
    async stop() {
      client.destroy()
      await engine.stop()
    },
  }
}

async function startRgw(folder: string) {
  const [port, monitor] = [await freePort(), await freePort()]
  const env = {
    ...process.env,
    RGW_DIR: join(folder, 'rgw'),
    RGW_PORT: String(port),
    RGW_MON_PORT: String(monitor),
  }
  await run('bash', [RGW, 'start'], { env })
  return {
    name: 'Ceph RGW',
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'partwayaccess', secretAccessKey: 'partwaysecret' },
    stop: async () => {
      await run('bash', [RGW, 'wipe'], { env })
    },
  }
}

async function emptyBucket(client: S3Client): Promise<void> {
  for (;;) {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: BUCKET }))
    if (Contents.length === 0) return
    const Objects = Contents.map(({ Key }) => ({ Key }))
    await client.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects, Quiet: true } }))
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject()))
    })
  })
}
