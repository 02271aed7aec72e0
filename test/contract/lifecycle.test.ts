import type { LifecycleRule } from '@aws-sdk/client-s3'
import { expect, vi } from 'vitest'
import { createUpload, LAST_PART, uploadParts } from './bodies.ts'
import { contract } from './contract.ts'
import { refusal } from './http.ts'

const RULE: LifecycleRule = {
  ID: 'abort',
  Status: 'Enabled',
  Filter: { Prefix: 'uploads/' },
  AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
}
const DAY_MS = 86_400_000

contract('a bucket has no lifecycle rules until they are put', async ({ s3, Bucket }) => {
  expect(await refusal(s3.getBucketLifecycleConfiguration({ Bucket }))).toEqual({
    status: 404,
    code: 'NoSuchLifecycleConfiguration',
  })
  await s3.putBucketLifecycleConfiguration({ Bucket, LifecycleConfiguration: { Rules: [RULE] } })
  expect((await s3.getBucketLifecycleConfiguration({ Bucket })).Rules).toEqual([RULE])
})

contract('ListParts says when the rule will abort the upload', async (target) => {
  const { s3, Bucket } = target
  await s3.putBucketLifecycleConfiguration({ Bucket, LifecycleConfiguration: { Rules: [RULE] } })
  const upload = await createUpload(target, 'uploads/dated')
  const { AbortDate, AbortRuleId } = await s3.listParts(upload)
  expect(AbortRuleId).toBe('abort')
  expect(AbortDate?.getTime()).toBeGreaterThan(Date.now() - DAY_MS)
})

contract('the rule aborts an incomplete upload under its prefix and no other', async (target, skip) => {
  const { s3, Bucket, engine } = target
  const dayMs =
    engine.lifecycleDayMs ?? skip('a day is too long; S3_LIFECYCLE_DAY names a shorter one, in seconds')
  await s3.putBucketLifecycleConfiguration({ Bucket, LifecycleConfiguration: { Rules: [RULE] } })
  const [ruled, free] = [await createUpload(target, 'uploads/old'), await createUpload(target, 'other/old')]
  await uploadParts(target, ruled, LAST_PART)
  await uploadParts(target, free, LAST_PART)

  await vi.waitFor(async () => expect(await refusal(s3.listParts(ruled))).toMatchObject({ status: 404 }), {
    timeout: 8 * dayMs + 5000,
    interval: dayMs / 10,
  })
  expect((await s3.listParts(free)).Parts).toHaveLength(1)
})
