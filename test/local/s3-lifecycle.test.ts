import {
  CreateMultipartUploadCommand,
  DeleteBucketLifecycleCommand,
  GetBucketLifecycleConfigurationCommand,
  HeadObjectCommand,
  type LifecycleRule,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { describe, expect, test } from 'vitest'
import { abortDate } from '../../local/s3/lifecycle.ts'
import { BUCKET, expectError, startTestS3, type TestS3 } from './s3-harness.ts'

const Bucket = BUCKET
const DAY_MS = 86_400_000
const abort: LifecycleRule = {
  ID: 'abort & go',
  Status: 'Enabled',
  Filter: { Prefix: 'uploads/' },
  AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 },
}

function configure(s3: TestS3, ...Rules: LifecycleRule[]) {
  return s3.client.send(
    new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }),
  )
}

describe("a bucket's lifecycle configuration", () => {
  test('is kept, across restarts too, and deleted', async () => {
    const s3 = await startTestS3()
    const get = () => s3.client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))
    await expectError(get(), 'NoSuchLifecycleConfiguration', 404)
    const expire = {
      ID: 'expire',
      Status: 'Disabled' as const,
      Filter: { Prefix: '' },
      Expiration: { Days: 9 },
    }
    await configure(s3, abort, expire)
    await s3.restart()
    expect((await get()).Rules).toEqual([abort, expire])
    await s3.client.send(new DeleteBucketLifecycleCommand({ Bucket }))
    await expectError(get(), 'NoSuchLifecycleConfiguration', 404)
  })

  test.each<[string, Partial<LifecycleRule>, string]>([
    ['a tag filter beside an abort', { Filter: { Tag: { Key: 'a', Value: 'b' } } }, 'InvalidRequest'],
    [
      'a size filter beside an abort',
      { Filter: { And: { Prefix: 'a', ObjectSizeGreaterThan: 5 } } },
      'InvalidRequest',
    ],
    ['half a day', { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 0.5 } }, 'MalformedXML'],
    ['no day', { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 0 } }, 'InvalidArgument'],
    ['a transition', { Transitions: [{ Days: 1, StorageClass: 'GLACIER' }] }, 'NotImplemented'],
    ['no action', { AbortIncompleteMultipartUpload: undefined }, 'InvalidRequest'],
    ['an unknown status', { Status: 'Perhaps' as 'Enabled' }, 'MalformedXML'],
  ])('with %s is refused', async (_, change, code) => {
    const s3 = await startTestS3()
    await expectError(configure(s3, { ...abort, ...change } as LifecycleRule), code)
  })
})

describe('an incomplete upload', () => {
  const create = (s3: TestS3, Key: string) =>
    s3.client.send(new CreateMultipartUploadCommand({ Bucket, Key }))

  test('tells when it will be aborted: at the midnight after its days', async () => {
    const now = new Date()
    const s3 = await startTestS3({ now: () => now })
    await configure(s3, abort, {
      ...abort,
      ID: 'later',
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
    })
    const created = await create(s3, 'uploads/a')
    const midnight = new Date(Math.ceil(now.getTime() / DAY_MS + 2) * DAY_MS)
    expect(created).toMatchObject({ AbortDate: midnight, AbortRuleId: 'abort%20%26%20go' })
    const listed = await s3.client.send(
      new ListPartsCommand({ Bucket, Key: 'uploads/a', UploadId: created.UploadId }),
    )
    expect(listed.AbortDate).toEqual(midnight)
    expect((await create(s3, 'other/a')).AbortDate).toBeUndefined()
  })

  test('is aborted when its days are over, and only under the prefix', async () => {
    const s3 = await startTestS3({ lifecycleDayMs: 300 })
    const overdue = await create(s3, 'uploads/a')
    await create(s3, 'other/a')
    await configure(s3, abort)
    const unfinished = async () => {
      const { Uploads = [] } = await s3.client.send(new ListMultipartUploadsCommand({ Bucket }))
      return Uploads.map(({ Key }) => Key)
    }
    await expect.poll(unfinished).toEqual(['other/a'])
    const late = { Bucket, Key: 'uploads/a', UploadId: overdue.UploadId, PartNumber: 1, Body: 'x' }
    await expectError(s3.client.send(new UploadPartCommand(late)), 'NoSuchUpload', 404)
  })

  test('rounds real days only', () => {
    const rules = [{ id: 'a', enabled: true, prefix: '', abortDays: 1, expirationDays: undefined }]
    const upload = { key: 'a', initiated: Date.parse('2026-11-21T00:00:01Z') }
    expect(abortDate(rules, upload, DAY_MS)?.date).toEqual(new Date('2026-11-23T00:00:00Z'))
    expect(abortDate(rules, upload, 1000)?.date).toEqual(new Date('2026-11-21T00:00:02Z'))
  })
})

test('an object expires', async () => {
  const s3 = await startTestS3({ lifecycleDayMs: 200 })
  for (const Key of ['old/a', 'kept/a'])
    await s3.client.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }))
  await configure(s3, { Status: 'Enabled', Filter: { Prefix: 'old/' }, Expiration: { Days: 1 } })
  const head = (Key: string) => s3.client.send(new HeadObjectCommand({ Bucket, Key }))
  await expect.poll(() => head('old/a').catch(({ name }) => name)).toBe('NotFound')
  await head('kept/a')
})
