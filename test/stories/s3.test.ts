import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, test } from 'vitest'
import { type Engine, engineName, startEngine } from '../contract/engine.ts'
import { tellFolderStory } from './folder-story.ts'
import { startTollGate, type TollGate } from './toll-gate.ts'

const BUCKET = `stories-${Date.now()}`
let engine: Engine
let gate: TollGate

beforeAll(async () => {
  engine = await startEngine()
  const { credentials, endpoint, region } = engine
  if (endpoint === undefined) throw new Error('Expected a store on this machine, got AWS.')
  const client = new S3Client({ credentials, endpoint, region, forcePathStyle: true })
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }))
  client.destroy()
  gate = await startTollGate({ upstream: endpoint })
}, 60_000)

afterAll(async () => {
  await gate?.close()
  await engine?.stop()
})

test(`a folder goes straight to S3 (${engineName}) and back, killed twice each way`, () =>
  tellFolderStory(`straight to S3 (${engineName})`, {
    environment: {
      AWS_ACCESS_KEY_ID: engine.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: engine.credentials.secretAccessKey,
      AWS_REGION: engine.region,
      AWS_ENDPOINT_URL_S3: gate.url,
    },
    gate,
    upload: [`s3://${BUCKET}/in/`],
    download: [`s3://${BUCKET}/in/`, 'back'],
    list: [`s3://${BUCKET}/`],
    nameOf: ({ key }) => key,
  }))
