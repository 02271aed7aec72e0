import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import { createUpload, LAST_PART, PART, uploadParts } from './bodies.ts'
import { contract } from './contract.ts'
import { refusal } from './http.ts'
import type { Target } from './target.ts'

const BODY = '0123456789'
const ETAG = `"${createHash('md5').update(BODY).digest('hex')}"`

contract('GetObject gives back the bytes, type and metadata of PutObject', async ({ s3, Bucket }) => {
  const object = { Bucket, Key: 'folder/a name (1) ü&+=?#%.txt' }
  const Metadata = { 'file-name': 'a%20name', other: 'x' }
  const put = await s3.putObject({ ...object, Body: BODY, ContentType: 'text/x-test', Metadata })
  expect(put.ETag).toBe(ETAG)

  const got = await s3.getObject(object)
  expect(await got.Body?.transformToString()).toBe(BODY)
  expect(got).toMatchObject({ ETag: ETAG, ContentType: 'text/x-test', ContentLength: 10, Metadata })
  expect(await s3.headObject(object)).toMatchObject({ ETag: ETAG, ContentLength: 10, Metadata })
})

contract('an empty object is an object', async ({ s3, Bucket }) => {
  const object = { Bucket, Key: 'empty' }
  await s3.putObject({ ...object, Body: new Uint8Array() })
  expect((await s3.headObject(object)).ContentLength).toBe(0)
  expect(await (await s3.getObject(object)).Body?.transformToString()).toBe('')
})

contract('DeleteObject removes the object, and succeeds without one', async ({ s3, Bucket }) => {
  const object = { Bucket, Key: 'deleted' }
  await s3.putObject({ ...object, Body: BODY })
  expect((await s3.deleteObject(object)).$metadata.httpStatusCode).toBe(204)
  expect((await s3.deleteObject(object)).$metadata.httpStatusCode).toBe(204)
  expect(await refusal(s3.getObject(object))).toEqual({ status: 404, code: 'NoSuchKey' })
  expect(await refusal(s3.headObject(object))).toMatchObject({ status: 404 })
})

contract('GetObject gives a range, from the start, the middle or the end', async (target) => {
  const get = await getter(target, 'ranges')
  expect(await get({ Range: 'bytes=2-4' })).toEqual({ status: 206, range: 'bytes 2-4/10', text: '234' })
  expect(await get({ Range: 'bytes=7-' })).toEqual({ status: 206, range: 'bytes 7-9/10', text: '789' })
  expect(await get({ Range: 'bytes=-3' })).toEqual({ status: 206, range: 'bytes 7-9/10', text: '789' })
  expect(await get({ Range: 'bytes=8-99' })).toEqual({ status: 206, range: 'bytes 8-9/10', text: '89' })
})

contract('a range behind the end is InvalidRange', async (target) => {
  const get = await getter(target, 'range-behind')
  expect(await refusal(get({ Range: 'bytes=10-' }))).toEqual({ status: 416, code: 'InvalidRange' })
})

contract('If-Match gives the object while its ETag holds, and 412 after', async (target) => {
  const get = await getter(target, 'if-match')
  expect(await get({ IfMatch: ETAG, Range: 'bytes=0-0' })).toMatchObject({ status: 206, text: '0' })
  await target.s3.putObject({ Bucket: target.Bucket, Key: 'if-match', Body: 'changed' })
  expect(await refusal(get({ IfMatch: ETAG }))).toEqual({ status: 412, code: 'PreconditionFailed' })
})

contract('If-None-Match on GetObject is 304 while the ETag holds', async (target) => {
  const get = await getter(target, 'if-none-match')
  expect(await refusal(get({ IfNoneMatch: ETAG }))).toMatchObject({ status: 304 })
  expect(await get({ IfNoneMatch: '"other"' })).toMatchObject({ status: 200 })
})

contract('PutObject with If-None-Match never overwrites', async ({ s3, Bucket }) => {
  const object = { Bucket, Key: 'put-once', IfNoneMatch: '*' }
  await s3.putObject({ ...object, Body: 'first' })
  expect(await refusal(s3.putObject({ ...object, Body: 'second' }))).toEqual({
    status: 412,
    code: 'PreconditionFailed',
  })
  expect(await (await s3.getObject({ Bucket, Key: 'put-once' })).Body?.transformToString()).toBe('first')
})

contract('partNumber gives one part of a finished upload, and how many there are', async (target) => {
  const { s3, Bucket } = target
  const upload = await createUpload(target, 'parts')
  const Parts = await uploadParts(target, upload, PART, LAST_PART)
  await s3.completeMultipartUpload({ ...upload, MultipartUpload: { Parts } })

  const second = await s3.getObject({ Bucket, Key: 'parts', PartNumber: 2 })
  expect(second.ContentLength).toBe(LAST_PART.length)
  expect(second.PartsCount).toBe(2)
  expect(second.ContentRange).toBe(`bytes ${PART.length}-${PART.length + 999}/${PART.length + 1000}`)
  expect(Buffer.from((await second.Body?.transformToByteArray()) ?? []).equals(LAST_PART)).toBe(true)
  expect(await s3.headObject({ Bucket, Key: 'parts', PartNumber: 1 })).toMatchObject({
    PartsCount: 2,
    ContentLength: PART.length,
  })
  expect(await refusal(s3.getObject({ Bucket, Key: 'parts', PartNumber: 3 }))).toEqual({
    status: 416,
    code: 'InvalidPartNumber',
  })
})

contract('a Content-MD5 of other bytes is BadDigest, and nothing is stored', async ({ s3, Bucket }) => {
  const object = { Bucket, Key: 'md5' }
  const ContentMD5 = createHash('md5').update('other').digest('base64')
  expect(await refusal(s3.putObject({ ...object, Body: BODY, ContentMD5 }))).toEqual({
    status: 400,
    code: 'BadDigest',
  })
  expect(await refusal(s3.headObject(object))).toMatchObject({ status: 404 })
})

/** Puts an object of ten bytes; GetObject of it, in short. */
async function getter({ s3, Bucket }: Target, Key: string) {
  await s3.putObject({ Bucket, Key, Body: BODY })
  return async (conditions: { Range?: string; IfMatch?: string; IfNoneMatch?: string }) => {
    const { $metadata, ContentRange, Body } = await s3.getObject({ Bucket, Key, ...conditions })
    return {
      status: $metadata.httpStatusCode,
      range: ContentRange,
      text: await Body?.transformToString(),
    }
  }
}
