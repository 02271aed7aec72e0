import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import { createUpload, LAST_PART, PART, uploadParts } from './bodies.ts'
import { contract } from './contract.ts'
import { refusal } from './http.ts'

const NO_SUCH_UPLOAD = { status: 404, code: 'NoSuchUpload' }

contract('parts in any order become one object, with the metadata of the upload', async (target) => {
  const { s3, Bucket } = target
  const Key = 'multipart/ordered ü.bin'
  const { UploadId } = await s3.createMultipartUpload({
    Bucket,
    Key,
    ContentType: 'text/x-test',
    Metadata: { a: 'b' },
  })
  const upload = { Bucket, Key, UploadId }
  await s3.uploadPart({ ...upload, PartNumber: 2, Body: LAST_PART })
  await s3.uploadPart({ ...upload, PartNumber: 1, Body: PART })
  const { Parts } = await s3.listParts(upload)
  expect(Parts?.map(({ PartNumber, Size }) => [PartNumber, Size])).toEqual([
    [1, PART.length],
    [2, LAST_PART.length],
  ])

  await s3.completeMultipartUpload({ ...upload, MultipartUpload: { Parts } })
  const { Body, ContentType, Metadata } = await s3.getObject({ Bucket, Key })
  expect({ ContentType, Metadata }).toEqual({ ContentType: 'text/x-test', Metadata: { a: 'b' } })
  const bytes = await Body?.transformToByteArray()
  expect(Buffer.concat([PART, LAST_PART]).equals(bytes ?? PART)).toBe(true)
})

contract("a part's ETag is the MD5 of its bytes, and the later of two bodies counts", async (target) => {
  const upload = await createUpload(target, 'multipart/replaced')
  await uploadParts(target, upload, PART)
  const [sent] = await uploadParts(target, upload, LAST_PART)
  expect(sent?.ETag).toBe(`"${createHash('md5').update(LAST_PART).digest('hex')}"`)
  const { Parts } = await target.s3.listParts(upload)
  expect(Parts).toHaveLength(1)
  expect(Parts?.[0]).toMatchObject({ Size: LAST_PART.length, ETag: sent?.ETag })
})

contract('ListParts gives pages, from any marker', async (target) => {
  const { s3 } = target
  const upload = await createUpload(target, 'multipart/pages')
  for (const PartNumber of [1, 2, 4, 10_000]) await s3.uploadPart({ ...upload, PartNumber, Body: 'x' })
  const page = async (marker: number | undefined) => {
    const PartNumberMarker = marker === undefined ? undefined : String(marker)
    const {
      Parts = [],
      IsTruncated,
      NextPartNumberMarker,
    } = await s3.listParts({ ...upload, MaxParts: 2, PartNumberMarker })
    return {
      numbers: Parts.map(({ PartNumber }) => PartNumber),
      next: IsTruncated ? NextPartNumberMarker : undefined,
    }
  }
  expect(await page(undefined)).toEqual({ numbers: [1, 2], next: '2' })
  expect(await page(2)).toEqual({ numbers: [4, 10_000], next: undefined })
  expect(await page(3)).toEqual({ numbers: [4, 10_000], next: undefined })
  expect(await page(1000)).toEqual({ numbers: [10_000], next: undefined })
  expect(await page(10_000)).toEqual({ numbers: [], next: undefined })
})

for (const PartNumber of [0, 10_001]) {
  contract(`part number ${PartNumber} is InvalidArgument`, async (target) => {
    const upload = await createUpload(target, 'multipart/numbers')
    const call = target.s3.uploadPart({ ...upload, PartNumber, Body: 'x' })
    expect(await refusal(call)).toEqual({ status: 400, code: 'InvalidArgument' })
  })
}

contract('ListMultipartUploads gives the uploads under a prefix, in pages', async (target) => {
  const { s3, Bucket } = target
  const ids = new Map<string | undefined, string>()
  for (const Key of ['mine/a', 'mine/b', 'mine/c', 'theirs/a'])
    ids.set(Key, (await createUpload(target, Key)).UploadId)

  const first = await s3.listMultipartUploads({ Bucket, Prefix: 'mine/', MaxUploads: 2 })
  expect(first.Uploads?.map(({ Key }) => Key)).toEqual(['mine/a', 'mine/b'])
  expect(first.Uploads?.every(({ Key, UploadId }) => ids.get(Key) === UploadId)).toBe(true)
  expect(first.Uploads?.[0]?.Initiated).toBeInstanceOf(Date)
  expect(first).toMatchObject({ IsTruncated: true, NextKeyMarker: 'mine/b' })

  const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = first
  const second = await s3.listMultipartUploads({
    Bucket,
    Prefix: 'mine/',
    MaxUploads: 2,
    KeyMarker,
    UploadIdMarker,
  })
  expect(second.Uploads?.map(({ Key }) => Key)).toEqual(['mine/c'])
  expect(second.IsTruncated).toBe(false)
})

contract('ListMultipartUploads folds keys at a delimiter', async (target) => {
  const { s3, Bucket } = target
  await createUpload(target, 'folds/a/1')
  await createUpload(target, 'folds/a/2')
  await createUpload(target, 'folds/b')
  const { Uploads, CommonPrefixes } = await s3.listMultipartUploads({
    Bucket,
    Prefix: 'folds/',
    Delimiter: '/',
  })
  expect(Uploads?.map(({ Key }) => Key)).toEqual(['folds/b'])
  expect(CommonPrefixes).toEqual([{ Prefix: 'folds/a/' }])
})

contract('AbortMultipartUpload forgets upload and parts', async (target) => {
  const { s3 } = target
  const upload = await createUpload(target, 'multipart/aborted')
  await uploadParts(target, upload, LAST_PART)
  expect((await s3.abortMultipartUpload(upload)).$metadata.httpStatusCode).toBe(204)
  expect(await refusal(s3.listParts(upload))).toMatchObject({ status: 404 })
})

const UNKNOWN = { Key: 'multipart/unknown', UploadId: 'bm8tc3VjaC11cGxvYWQ' }

contract('UploadPart to an unknown upload is NoSuchUpload', async ({ s3, Bucket }) => {
  const call = s3.uploadPart({ Bucket, ...UNKNOWN, PartNumber: 1, Body: 'x' })
  expect(await refusal(call)).toEqual(NO_SUCH_UPLOAD)
})

contract('ListParts of an unknown upload is NoSuchUpload', async ({ s3, Bucket }) => {
  expect(await refusal(s3.listParts({ Bucket, ...UNKNOWN }))).toEqual(NO_SUCH_UPLOAD)
})

contract('AbortMultipartUpload of an unknown upload is NoSuchUpload', async ({ s3, Bucket }) => {
  expect(await refusal(s3.abortMultipartUpload({ Bucket, ...UNKNOWN }))).toEqual(NO_SUCH_UPLOAD)
})

contract('an upload id is bound to its key', async (target) => {
  const { Bucket, UploadId } = await createUpload(target, 'multipart/mine')
  const forged = { Bucket, Key: 'multipart/forged', UploadId }
  const call = target.s3.uploadPart({ ...forged, PartNumber: 1, Body: 'x' })
  expect(await refusal(call)).toEqual(NO_SUCH_UPLOAD)
})
