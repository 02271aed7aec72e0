import { type Answer, type BucketCall, xmlAnswer } from '../call.ts'
import { parseCors, renderCors } from '../cors.ts'
import { readDocument } from '../document.ts'
import { S3Error } from '../errors.ts'
import { parseLifecycle, renderLifecycle } from '../lifecycle.ts'

export async function putBucketCors(call: BucketCall): Promise<Answer> {
  await call.bucket.configure({ cors: parseCors(await readDocument(call, 'CORSConfiguration')) })
  return { status: 200 }
}

export async function getBucketCors({ bucket, bucketName }: BucketCall): Promise<Answer> {
  const { cors } = bucket.record
  if (cors === undefined) throw new S3Error('NoSuchCORSConfiguration', undefined, { BucketName: bucketName })
  return xmlAnswer(renderCors(cors))
}

export async function deleteBucketCors({ bucket }: BucketCall): Promise<Answer> {
  await bucket.configure({ cors: undefined })
  return { status: 204 }
}

export async function putBucketLifecycle(call: BucketCall): Promise<Answer> {
  const rules = parseLifecycle(await readDocument(call, 'LifecycleConfiguration'))
  await call.bucket.configure({ lifecycle: rules })
  return { status: 200 }
}

export async function getBucketLifecycle({ bucket, bucketName }: BucketCall): Promise<Answer> {
  const { lifecycle } = bucket.record
  if (lifecycle === undefined) {
    throw new S3Error('NoSuchLifecycleConfiguration', undefined, { BucketName: bucketName })
  }
  return xmlAnswer(renderLifecycle(lifecycle))
}

export async function deleteBucketLifecycle({ bucket }: BucketCall): Promise<Answer> {
  await bucket.configure({ lifecycle: undefined })
  return { status: 204 }
}
