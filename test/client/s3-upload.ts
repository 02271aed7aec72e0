import { createS3Client, openFile } from '../../client/node/index.ts'

/**
 * A process that sends a file straight to S3, with the credentials of the shared credentials file, and prints what happens as lines of
 * JSON. To be killed.
 */
const { S3_BUCKET = '', S3_ENDPOINT, S3_REGION, S3_KEY = '', S3_FILE = '', PARTWAY_STATE } = process.env
const print = (line: Record<string, unknown>) => process.stdout.write(`${JSON.stringify(line)}\n`)

const client = createS3Client({
  bucket: S3_BUCKET,
  endpoint: S3_ENDPOINT,
  region: S3_REGION,
  state: PARTWAY_STATE,
})
const source = await openFile(S3_FILE)
const upload = client.upload(source, { key: S3_KEY, partSize: 5 * 1024 * 1024, concurrency: 3 })
upload.on('initiated', ({ partCount }) => print({ event: 'initiated', partCount }))
upload.on('resumed', ({ parts }) => print({ event: 'resumed', parts }))
upload.on('state', ({ state }) => print({ event: 'state', state, waitingFor: upload.snapshot().waitingFor }))
try {
  const { key, size, verified, bytesTransferred, bytesResumed } = await upload.result
  print({ event: 'done', key, size, verified, bytesTransferred, bytesResumed })
} catch (error) {
  print({ event: 'failed', message: String(error) })
  process.exitCode = 1
} finally {
  await source.close()
  client.close()
}
