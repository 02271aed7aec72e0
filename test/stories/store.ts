import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll } from 'vitest'
import { type Engine, startEngine } from '../contract/engine.ts'
import { startTollGate, type TollGate } from './toll-gate.ts'

export interface GatedStore {
  readonly bucket: string
  readonly gate: TollGate
  /** For a command that goes straight there. */
  readonly environment: Readonly<Record<string, string>>
}

/** The S3 that the environment names (see `startEngine`), with a bucket and a toll gate, for the tests of one file. */
export function useGatedStore(): GatedStore {
  const bucket = `stories-${Date.now()}`
  let engine: Engine
  let gate: TollGate

  beforeAll(async () => {
    engine = await startEngine()
    const { credentials, endpoint, region } = engine
    if (endpoint === undefined) throw new Error('Expected a store on this machine, got AWS.')
    const client = new S3Client({ credentials, endpoint, region, forcePathStyle: true })
    await client.send(new CreateBucketCommand({ Bucket: bucket }))
    client.destroy()
    gate = await startTollGate({ upstream: endpoint })
  }, 60_000)

  afterAll(async () => {
    await gate?.close()
    await engine?.stop()
  })

  return {
    bucket,
    get gate() {
      return gate
    },
    get environment() {
      return {
        AWS_ACCESS_KEY_ID: engine.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: engine.credentials.secretAccessKey,
        AWS_REGION: engine.region,
        AWS_ENDPOINT_URL_S3: gate.url,
      }
    },
  }
}
