import { beforeEach, expect, test, vi } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { formatKey } from '../../protocol/object-key.ts'
import { plan } from '../../protocol/part-plan.ts'
import { routes } from '../../protocol/routes.ts'
import './environment.ts'
import { invoke } from './invoke.ts'

/** What the functions ask of S3, and what they make of answers that no store of ours gives. */

const s3 = {
  listParts: vi.fn(),
  completeMultipartUpload: vi.fn(),
  abortMultipartUpload: vi.fn(),
  headObject: vi.fn(),
}
vi.mock('../../lambda/s3.ts', () => s3)
const { handler: complete } = await import('../../lambda/complete.ts')
const { handler: abort } = await import('../../lambda/abort.ts')

const key = formatKey({
  prefix: 'uploads',
  caller: 'public',
  id: '019aa3b0-1234-7abc-8def-0123456789ab',
  plan: plan(10 * MIB, 8 * MIB),
  fileName: 'film.mp4',
})
const path = { uploadId: 'upload-1' }
const checksum = { algorithm: 'CRC64NVME', value: 'rosUhgp5mIg=' }
const listing = {
  ChecksumAlgorithm: 'CRC64NVME',
  ChecksumType: 'FULL_OBJECT',
  Parts: [
    { PartNumber: 1, Size: 8 * MIB, ETag: '"a"', ChecksumCRC64NVME: 'AAAAAAAAAAA=' },
    { PartNumber: 2, Size: 2 * MIB, ETag: '"b"', ChecksumCRC64NVME: 'AAAAAAAAAAE=' },
  ],
}

beforeEach(() => {
  for (const operation of Object.values(s3)) operation.mockReset()
})

test('complete sends the size, the type and the checksum, so that S3 refuses what differs', async () => {
  s3.listParts.mockResolvedValue(listing)
  s3.completeMultipartUpload.mockResolvedValue({ ETag: '"whole-2"' })
  expect((await invoke(complete, routes.complete, { path, body: { key, checksum } })).status).toBe(200)
  expect(s3.completeMultipartUpload).toHaveBeenCalledWith({
    Key: key,
    UploadId: 'upload-1',
    MpuObjectSize: 10 * MIB,
    ChecksumType: 'FULL_OBJECT',
    ChecksumCRC64NVME: checksum.value,
    MultipartUpload: {
      Parts: [
        { PartNumber: 1, ETag: 'a', ChecksumCRC64NVME: 'AAAAAAAAAAA=' },
        { PartNumber: 2, ETag: 'b', ChecksumCRC64NVME: 'AAAAAAAAAAE=' },
      ],
    },
  })
})

test.each([
  ['nothing', undefined, 404],
  ['an object of another size', { ContentLength: 10 * MIB - 1, ETag: '"x"' }, 404],
  [
    'an object of another checksum',
    { ContentLength: 10 * MIB, ETag: '"x"', ChecksumCRC64NVME: 'AAAAAAAAAAA=' },
    422,
  ],
  ['the object', { ContentLength: 10 * MIB, ETag: '"x"', ChecksumCRC64NVME: checksum.value }, 200],
])('an upload that is gone, with %s at its key, is settled so', async (_, head, status) => {
  s3.listParts.mockResolvedValue(undefined)
  s3.headObject.mockResolvedValue(head)
  expect((await invoke(complete, routes.complete, { path, body: { key, checksum } })).status).toBe(status)
  expect(s3.completeMultipartUpload).not.toHaveBeenCalled()
})

test('a complete that another one overtook is settled by the object', async () => {
  s3.listParts.mockResolvedValue(listing)
  s3.completeMultipartUpload.mockResolvedValue(undefined)
  s3.headObject.mockResolvedValue({ ContentLength: 10 * MIB, ETag: '"x"' })
  expect(await invoke(complete, routes.complete, { path, body: { key } })).toMatchObject({
    status: 200,
    body: { etag: 'x' },
  })
})

test('abort is repeated while parts in flight still land', async () => {
  s3.abortMultipartUpload.mockResolvedValue({})
  s3.listParts.mockResolvedValueOnce({ Parts: [] }).mockResolvedValue(undefined)
  expect((await invoke(abort, routes.abort, { path, query: `key=${encodeURIComponent(key)}` })).status).toBe(
    204,
  )
  expect(s3.abortMultipartUpload).toHaveBeenCalledTimes(2)
})
