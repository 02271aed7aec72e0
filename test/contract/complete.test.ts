import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import { createUpload, LAST_PART, PART, uploadParts } from './bodies.ts'
import { contract } from './contract.ts'
import { refusal } from './http.ts'
import type { Target } from './target.ts'

contract('CompleteMultipartUpload repeated with the same parts succeeds', async (target) => {
  const { upload, Parts } = await twoParts(target, 'complete/repeated')
  await complete(target, upload, Parts)
  const { ETag } = await head(target, upload.Key)
  await complete(target, upload, Parts)
  expect((await head(target, upload.Key)).ETag).toBe(ETag)
})

contract('a completed upload is gone', async (target) => {
  const { upload, Parts } = await twoParts(target, 'complete/gone')
  await complete(target, upload, Parts)
  expect(await refusal(target.s3.listParts(upload))).toMatchObject({ status: 404 })
})

const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest()
const ETAG = `"${md5(Buffer.concat([md5(PART), md5(LAST_PART)])).toString('hex')}-2"`

contract("the object's ETag is made of the parts'", async (target) => {
  const { upload, Parts } = await twoParts(target, 'complete/etag')
  await complete(target, upload, Parts)
  expect((await head(target, upload.Key)).ETag).toBe(ETAG)
})

contract("CompleteMultipartUpload answers with the object's ETag", async (target) => {
  const { upload, Parts } = await twoParts(target, 'complete/answer')
  expect((await complete(target, upload, Parts)).ETag).toBe(ETAG)
})

contract('CompleteMultipartUpload of an unknown upload is NoSuchUpload', async ({ s3, Bucket }) => {
  const call = s3.completeMultipartUpload({
    Bucket,
    Key: 'complete/unknown',
    UploadId: 'bm8tc3VjaC11cGxvYWQ',
    MultipartUpload: { Parts: [{ PartNumber: 1, ETag: '"d41d8cd98f00b204e9800998ecf8427e"' }] },
  })
  expect(await refusal(call)).toEqual({ status: 404, code: 'NoSuchUpload' })
})

contract('a part that was not uploaded is InvalidPart', async (target) => {
  const { upload, Parts } = await twoParts(target, 'complete/missing')
  const [, last] = Parts
  const call = complete(target, upload, [...Parts, { ...last, PartNumber: 3 }])
  expect(await refusal(call)).toEqual({ status: 400, code: 'InvalidPart' })
})

contract("an ETag that is not the part's is InvalidPart", async (target) => {
  const { upload, Parts } = await twoParts(target, 'complete/other-etag')
  const [first, last] = Parts
  const call = complete(target, upload, [{ ...first, ETag: last?.ETag }, { ...last }])
  expect(await refusal(call)).toEqual({ status: 400, code: 'InvalidPart' })
})

contract('an ETag without quotes is accepted', async (target) => {
  const { upload, Parts } = await twoParts(target, 'complete/bare-etag')
  await complete(
    target,
    upload,
    Parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag: ETag.replaceAll('"', '') })),
  )
  expect((await head(target, upload.Key)).ContentLength).toBe(PART.length + LAST_PART.length)
})

contract('parts out of order are InvalidPartOrder', async (target) => {
  const { upload, Parts } = await twoParts(target, 'complete/order')
  expect(await refusal(complete(target, upload, Parts.toReversed()))).toEqual({
    status: 400,
    code: 'InvalidPartOrder',
  })
})

contract('a part below 5 MiB that is not the last is EntityTooSmall', async (target) => {
  const upload = await createUpload(target, 'complete/small')
  const Parts = await uploadParts(target, upload, LAST_PART, LAST_PART)
  expect(await refusal(complete(target, upload, Parts))).toEqual({ status: 400, code: 'EntityTooSmall' })
  expect((await target.s3.listParts(upload)).Parts).toHaveLength(2)
})

contract('a list without parts is refused', async (target) => {
  const { upload } = await twoParts(target, 'complete/empty')
  expect(await refusal(complete(target, upload, []))).toMatchObject({ status: 400 })
})

contract('a stored part may be left out of the object', async (target) => {
  const { upload, Parts } = await twoParts(target, 'complete/left-out')
  await complete(target, upload, Parts.slice(0, 1))
  expect((await head(target, upload.Key)).ContentLength).toBe(PART.length)
})

contract('CompleteMultipartUpload with If-None-Match never overwrites', async (target) => {
  const { upload, Parts } = await twoParts(target, 'complete/once')
  await target.s3.putObject({ Bucket: target.Bucket, Key: upload.Key, Body: 'first' })
  const call = target.s3.completeMultipartUpload({ ...upload, IfNoneMatch: '*', MultipartUpload: { Parts } })
  expect(await refusal(call)).toEqual({ status: 412, code: 'PreconditionFailed' })
  expect((await head(target, upload.Key)).ContentLength).toBe(5)
})

contract('MpuObjectSize has to be the sum of the parts', async (target) => {
  const { upload, Parts } = await twoParts(target, 'complete/size')
  const size = PART.length + LAST_PART.length
  const withSize = (MpuObjectSize: number) =>
    target.s3.completeMultipartUpload({ ...upload, MpuObjectSize, MultipartUpload: { Parts } })
  expect(await refusal(withSize(size + 1))).toMatchObject({ status: 400 })
  expect((await target.s3.listParts(upload)).Parts).toHaveLength(2)
  await withSize(size)
  expect((await head(target, upload.Key)).ContentLength).toBe(size)
})

async function twoParts(target: Target, key: string) {
  const upload = await createUpload(target, key)
  return { upload, Parts: await uploadParts(target, upload, PART, LAST_PART) }
}

function complete(
  { s3 }: Target,
  upload: { Bucket: string; Key: string; UploadId: string },
  Parts: { PartNumber?: number | undefined; ETag?: string | undefined }[],
) {
  return s3.completeMultipartUpload({ ...upload, MultipartUpload: { Parts } })
}

function head({ s3, Bucket }: Target, Key: string) {
  return s3.headObject({ Bucket, Key })
}
