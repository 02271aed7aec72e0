import { randomUUID } from 'node:crypto'
import { S3 } from '@aws-sdk/client-s3'
import { createPresigner, type Presigner } from '../../signing/presigner.ts'
import { type Engine, startEngine } from './engine.ts'

/** An S3 to test, with a bucket of one's own in it. */
export interface Target {
  engine: Engine
  s3: S3
  Bucket: string
  presigner: Presigner
  /** The same bucket with another clock, to sign URLs that have expired. */
  presignerAt(now: Date): Presigner
}

/** @returns the target, and what removes it again */
export async function createTarget(): Promise<{ target: Target; remove(): Promise<void> }> {
  const engine = await startEngine()
  const { endpoint, region, credentials } = engine
  const s3 = createClient(engine)
  const Bucket = `partway-contract-${randomUUID()}`
  await createBucket(s3, Bucket, region)
  const presignerAt = (now?: Date) =>
    createPresigner({ credentials, region, bucket: Bucket, endpoint, ...(now && { now: () => now }) })
  return {
    target: { engine, s3, Bucket, presigner: presignerAt(), presignerAt },
    async remove() {
      if (engine.name !== 'local') await removeBucket(s3, Bucket)
      s3.destroy()
      await engine.stop()
    },
  }
}

/** Sends what it is told and nothing more: no retries, no checksums of its own. */
export function createClient({ endpoint, region, credentials }: Engine): S3 {
  return new S3({
    region,
    credentials,
    ...(endpoint && { endpoint, forcePathStyle: true }),
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
}

/** us-east-1 is the one region that must not be named. */
export function createBucket(s3: S3, Bucket: string, region: string) {
  if (region === 'us-east-1') return s3.createBucket({ Bucket })
  return s3.createBucket({ Bucket, CreateBucketConfiguration: { LocationConstraint: region as 'eu-west-1' } })
}

async function removeBucket(s3: S3, Bucket: string): Promise<void> {
  const { Uploads = [] } = await s3.listMultipartUploads({ Bucket })
  for (const { Key, UploadId } of Uploads) await s3.abortMultipartUpload({ Bucket, Key, UploadId })
  const { Contents = [] } = await s3.listObjectsV2({ Bucket })
  for (const { Key } of Contents) await s3.deleteObject({ Bucket, Key })
  await s3.deleteBucket({ Bucket })
}
