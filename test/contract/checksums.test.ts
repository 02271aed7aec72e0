import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import type { CrcAlgorithm } from '../../checksums/crc.ts'
import { CRCS, crcOf, createUpload, LAST_PART, PART, uploadParts } from './bodies.ts'
import { contract } from './contract.ts'
import { refusal } from './http.ts'
import type { Target } from './target.ts'

for (const algorithm of CRCS) {
  const field = `Checksum${algorithm}` as const

  contract(`ListParts returns each part's ${algorithm} although none was sent`, async (target) => {
    const upload = await createUpload(target, `checksums/list-${algorithm}`, algorithm)
    await uploadParts(target, upload, PART, LAST_PART)
    const listed = await target.s3.listParts(upload)
    const checksums = listed.Parts?.map((part) => part[field])
    expect(checksums).toEqual([crcOf(algorithm, PART), crcOf(algorithm, LAST_PART)])
    expect(listed).toMatchObject({ ChecksumAlgorithm: algorithm, ChecksumType: 'FULL_OBJECT' })
  })

  contract(
    `CompleteMultipartUpload takes the whole object's ${algorithm}, and HeadObject returns it`,
    async (target) => {
      const { complete, Key } = await twoParts(target, `checksums/whole-${algorithm}`, algorithm)
      const whole = crcOf(algorithm, PART, LAST_PART)
      const answer = await complete({ ChecksumType: 'FULL_OBJECT', [field]: whole })
      expect(answer[field]).toBe(whole)
      const head = await target.s3.headObject({ Bucket: target.Bucket, Key, ChecksumMode: 'ENABLED' })
      expect(head).toMatchObject({ [field]: whole, ChecksumType: 'FULL_OBJECT' })
    },
  )

  contract(
    `CompleteMultipartUpload with a wrong ${algorithm} is BadDigest, and the parts are kept`,
    async (target) => {
      const { complete, upload } = await twoParts(target, `checksums/wrong-${algorithm}`, algorithm)
      const call = complete({ ChecksumType: 'FULL_OBJECT', [field]: crcOf(algorithm, LAST_PART) })
      expect(await refusal(call)).toEqual({ status: 400, code: 'BadDigest' })
      expect((await target.s3.listParts(upload)).Parts).toHaveLength(2)
    },
  )

  contract(
    `PutObject with a wrong ${algorithm} is BadDigest, and nothing is stored`,
    async ({ s3, Bucket }) => {
      const object = { Bucket, Key: `checksums/put-${algorithm}` }
      const call = s3.putObject({ ...object, Body: LAST_PART, [field]: crcOf(algorithm, PART) })
      expect(await refusal(call)).toEqual({ status: 400, code: 'BadDigest' })
      expect(await refusal(s3.headObject(object))).toMatchObject({ status: 404 })
    },
  )

  contract(`UploadPart with a wrong ${algorithm} is BadDigest`, async (target) => {
    const upload = await createUpload(target, `checksums/part-${algorithm}`, algorithm)
    const call = target.s3.uploadPart({
      ...upload,
      PartNumber: 1,
      Body: LAST_PART,
      [field]: crcOf(algorithm, PART),
    })
    expect(await refusal(call)).toEqual({ status: 400, code: 'BadDigest' })
  })
}

contract("the whole object's checksum without its type is refused", async (target) => {
  const { complete, upload } = await twoParts(target, 'checksums/no-type', 'CRC32')
  const call = complete({ ChecksumCRC32: crcOf('CRC32', PART, LAST_PART) })
  expect(await refusal(call)).toMatchObject({ status: 400 })
  expect((await target.s3.listParts(upload)).Parts).toHaveLength(2)
})

contract('a checksum type for an upload that has no algorithm is refused', async (target) => {
  const { complete } = await twoParts(target, 'checksums/no-algorithm')
  const call = complete({ ChecksumType: 'FULL_OBJECT' })
  expect(await refusal(call)).toMatchObject({ status: 400 })
})

contract('with a checksum algorithm, part numbers have to be consecutive', async (target) => {
  const { s3 } = target
  const upload = await createUpload(target, 'checksums/gap', 'CRC64NVME')
  const parts = []
  for (const [PartNumber, Body] of [
    [1, PART],
    [3, LAST_PART],
  ] as const) {
    parts.push({ PartNumber, ETag: (await s3.uploadPart({ ...upload, PartNumber, Body })).ETag })
  }
  const call = s3.completeMultipartUpload({
    ...upload,
    ChecksumType: 'FULL_OBJECT',
    MultipartUpload: { Parts: parts },
  })
  expect((await refusal(call)).status).toBeGreaterThanOrEqual(400)
})

contract('CRC32 without a type is COMPOSITE', async ({ s3, Bucket }) => {
  const object = { Bucket, Key: 'checksums/composite' }
  const { ChecksumType } = await s3.createMultipartUpload({ ...object, ChecksumAlgorithm: 'CRC32' })
  expect(ChecksumType).toBe('COMPOSITE')
})

contract('SHA-256 is no full-object checksum', async ({ s3, Bucket }) => {
  const call = s3.createMultipartUpload({
    Bucket,
    Key: 'checksums/sha256',
    ChecksumAlgorithm: 'SHA256',
    ChecksumType: 'FULL_OBJECT',
  })
  expect(await refusal(call)).toEqual({ status: 400, code: 'InvalidRequest' })
})

contract('PutObject with a right checksum stores it, for HeadObject to return', async ({ s3, Bucket }) => {
  const object = { Bucket, Key: 'checksums/put' }
  const ChecksumSHA256 = createHash('sha256').update(LAST_PART).digest('base64')
  await s3.putObject({ ...object, Body: LAST_PART, ChecksumSHA256 })
  expect((await s3.headObject({ ...object, ChecksumMode: 'ENABLED' })).ChecksumSHA256).toBe(ChecksumSHA256)
  expect(await s3.headObject(object)).not.toHaveProperty('ChecksumSHA256')
})

async function twoParts(target: Target, Key: string, algorithm?: CrcAlgorithm) {
  const upload = await createUpload(target, Key, algorithm)
  const MultipartUpload = { Parts: await uploadParts(target, upload, PART, LAST_PART) }
  return {
    Key,
    upload,
    complete: (checksum: { ChecksumType?: 'FULL_OBJECT'; ChecksumCRC32?: string }) =>
      target.s3.completeMultipartUpload({ ...upload, ...checksum, MultipartUpload }),
  }
}
