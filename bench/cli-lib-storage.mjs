// `node cli-lib-storage.mjs MODULES up|down FILE BUCKET KEY [PART_BYTES LANES]`: what a program with @aws-sdk/lib-storage does.
import { createReadStream, createWriteStream } from 'node:fs'
import { createRequire } from 'node:module'
import { pipeline } from 'node:stream/promises'

const [modules, direction, path, Bucket, Key, partSize, queueSize] = process.argv.slice(2)
const require = createRequire(modules)
const { S3Client, GetObjectCommand } = require('@aws-sdk/client-s3')
const { Upload } = require('@aws-sdk/lib-storage')

const client = new S3Client({ forcePathStyle: true })
if (direction === 'up') {
  const tuned = partSize ? { partSize: Number(partSize), queueSize: Number(queueSize) } : {}
  await new Upload({ client, params: { Bucket, Key, Body: createReadStream(path) }, ...tuned }).done()
} else {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }))
  await pipeline(Body, createWriteStream(path))
}
