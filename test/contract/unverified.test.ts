import { expect } from 'vitest'
import { crcOf, createUpload, LAST_PART, PART, uploadParts } from './bodies.ts'
import { type Clause, contract } from './contract.ts'
import { refusal } from './http.ts'

/** What AWS's documentation leaves open, or sources contradict. Partway is right either way; these tests settle it. */
function unverified(name: string, clause: Clause): void {
  contract(name, (target, skip) =>
    target.engine.name === 'aws'
      ? clause(target, skip)
      : skip('unverified: needs S3_ENGINE=aws and credentials'),
  )
}

unverified('an upload with a full-object checksum takes parts that carry none', async (target) => {
  const { s3 } = target
  const upload = await createUpload(target, 'unverified/parts', 'CRC64NVME')
  const Parts = await uploadParts(target, upload, PART, LAST_PART)
  expect((await s3.listParts(upload)).Parts?.map(({ ChecksumCRC64NVME }) => ChecksumCRC64NVME)).toEqual([
    crcOf('CRC64NVME', PART),
    crcOf('CRC64NVME', LAST_PART),
  ])
  const ChecksumCRC64NVME = crcOf('CRC64NVME', PART, LAST_PART)
  const complete = {
    ...upload,
    ChecksumType: 'FULL_OBJECT' as const,
    ChecksumCRC64NVME,
    MultipartUpload: { Parts },
  }
  expect(await s3.completeMultipartUpload(complete)).toMatchObject({ ChecksumCRC64NVME })
})

unverified("an upload without an algorithm gets a CRC64NVME of S3's own", async (target) => {
  const { s3, Bucket } = target
  const upload = await createUpload(target, 'unverified/default')
  const Parts = await uploadParts(target, upload, PART, LAST_PART)
  await s3.completeMultipartUpload({ ...upload, MultipartUpload: { Parts } })
  expect(await s3.headObject({ Bucket, Key: upload.Key, ChecksumMode: 'ENABLED' })).toMatchObject({
    ChecksumCRC64NVME: crcOf('CRC64NVME', PART, LAST_PART),
    ChecksumType: 'FULL_OBJECT',
  })
})

unverified('an upload without an algorithm refuses a checksum type at Complete', async (target) => {
  const upload = await createUpload(target, 'unverified/type')
  const Parts = await uploadParts(target, upload, LAST_PART)
  const call = target.s3.completeMultipartUpload({
    ...upload,
    ChecksumType: 'FULL_OBJECT',
    MultipartUpload: { Parts },
  })
  expect(await refusal(call)).toMatchObject({ status: 400 })
})

unverified("UploadPart answers with the part's checksum although the request had none", async (target) => {
  const upload = await createUpload(target, 'unverified/answer', 'CRC64NVME')
  const { ChecksumCRC64NVME } = await target.s3.uploadPart({ ...upload, PartNumber: 1, Body: LAST_PART })
  expect(ChecksumCRC64NVME).toBe(crcOf('CRC64NVME', LAST_PART))
})
