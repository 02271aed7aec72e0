import { expect } from 'vitest'
import { contract } from './contract.ts'
import { refusal } from './http.ts'
import { createBucket, createClient } from './target.ts'

contract('CreateBucket makes a bucket, and HeadBucket finds it', async ({ s3, Bucket, engine }) => {
  const other = `${Bucket}-other`
  expect(await refusal(s3.headBucket({ Bucket: other }))).toMatchObject({ status: 404 })
  await createBucket(s3, other, engine.region)
  expect((await s3.headBucket({ Bucket: other })).$metadata.httpStatusCode).toBe(200)
  if (engine.name !== 'local') await s3.deleteBucket({ Bucket: other })
})

contract('an object in a bucket that does not exist is NoSuchBucket', async ({ s3, Bucket }) => {
  const missing = { Bucket: `${Bucket}-missing`, Key: 'key' }
  expect(await refusal(s3.getObject(missing))).toEqual({ status: 404, code: 'NoSuchBucket' })
})

contract('a request signed with the wrong secret is SignatureDoesNotMatch', async ({ engine, Bucket }) => {
  const credentials = { ...engine.credentials, secretAccessKey: 'wrong' }
  const call = createClient({ ...engine, credentials }).listObjectsV2({ Bucket })
  expect(await refusal(call)).toEqual({ status: 403, code: 'SignatureDoesNotMatch' })
})

contract('a request with an access key that nobody has is InvalidAccessKeyId', async ({ engine, Bucket }) => {
  const credentials = { accessKeyId: 'AKIAEXAMPLENOBODYHAS', secretAccessKey: 'wrong' }
  const call = createClient({ ...engine, credentials }).listObjectsV2({ Bucket })
  expect(await refusal(call)).toEqual({ status: 403, code: 'InvalidAccessKeyId' })
})
