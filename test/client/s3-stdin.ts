import { setTimeout as sleep } from 'node:timers/promises'
import { createS3Client } from '../../client/node/index.ts'

/** A process that sends what is piped into it straight to S3, and prints the result. */
const {
  S3_ENDPOINT,
  S3_ACCESS_KEY = '',
  S3_SECRET_KEY = '',
  S3_BUCKET = '',
  S3_KEY = '',
  MAX_MEMORY,
  PART_SIZE = 5 * 1024 * 1024,
  PAUSE_MS = 0,
  PARTWAY_STATE,
} = process.env
const credentials = { accessKeyId: S3_ACCESS_KEY, secretAccessKey: S3_SECRET_KEY }
const client = createS3Client({
  bucket: S3_BUCKET,
  endpoint: S3_ENDPOINT,
  state: PARTWAY_STATE,
  credentials,
  maxMemory: MAX_MEMORY === undefined ? undefined : Number(MAX_MEMORY),
})
const run = client.uploadStream(process.stdin, { key: S3_KEY, partSize: Number(PART_SIZE) })
if (Number(PAUSE_MS) > 0) {
  run.pause()
  await sleep(Number(PAUSE_MS))
  run.resume()
}
const { size, verified } = await run.result
process.stdout.write(JSON.stringify({ size, verified }))
client.close()
