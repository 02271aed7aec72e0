import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import {
  type ChecksumAlgorithm,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { describe, expect, test } from 'vitest'
import { createCrc } from '../../checksums/crc.ts'
import { BUCKET, clientOf, expectError, MIB, startTestS3, type TestS3 } from './s3-harness.ts'

const Bucket = BUCKET
const Key = 'film'
const bytes = Buffer.from('hello, checksum')
const pieces = [Buffer.alloc(5 * MIB, 'a'), Buffer.from('the end')]

const digests: Record<string, (data: Uint8Array) => Uint8Array> = {
  CRC64NVME: (data) => createCrc('CRC64NVME').update(data).digest(),
  CRC32C: (data) => createCrc('CRC32C').update(data).digest(),
  CRC32: (data) => {
    const digest = Buffer.alloc(4)
    digest.writeUInt32BE(crc32(data))
    return digest
  },
  SHA1: (data) => createHash('sha1').update(data).digest(),
  SHA256: (data) => createHash('sha256').update(data).digest(),
}
const algorithms = Object.keys(digests)

function digest(algorithm: string, data: Uint8Array): string {
  const compute = digests[algorithm] ?? expect.fail(`expected an algorithm, got ${algorithm}`)
  return Buffer.from(compute(data)).toString('base64')
}

async function create(s3: TestS3, algorithm?: string, type?: 'FULL_OBJECT' | 'COMPOSITE'): Promise<string> {
  const { UploadId } = await s3.client.send(
    new CreateMultipartUploadCommand({
      Bucket,
      Key,
      ...(algorithm && { ChecksumAlgorithm: algorithm as ChecksumAlgorithm }),
      ...(type && { ChecksumType: type }),
    }),
  )
  return UploadId ?? expect.fail('expected an upload id')
}

/** Uploads both pieces; with an algorithm, each goes with its checksum. */
async function upload(s3: TestS3, UploadId: string, algorithm?: string): Promise<CompletedPart[]> {
  const parts = []
  for (const [at, Body] of pieces.entries()) {
    const checksum = algorithm ? { [`Checksum${algorithm}`]: digest(algorithm, Body) } : {}
    const { ETag = '' } = await s3.client.send(
      new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: at + 1, Body, ...checksum }),
    )
    parts.push({ PartNumber: at + 1, ETag, ...checksum })
  }
  return parts
}

function complete(
  s3: TestS3,
  UploadId: string,
  Parts: CompletedPart[],
  input: Partial<CompleteMultipartUploadCommandInput> = {},
) {
  return s3.client.send(
    new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...input }),
  )
}

describe.each(algorithms)('%s', (algorithm) => {
  const name = `Checksum${algorithm}`

  test('is checked on an object, kept, and shown on demand', async () => {
    const s3 = await startTestS3()
    const value = digest(algorithm, bytes)
    const put = (checksum: string) =>
      s3.client.send(new PutObjectCommand({ Bucket, Key, Body: bytes, [name]: checksum }))
    await expectError(put(digest(algorithm, Buffer.from('other'))), 'BadDigest', 400)
    await expectError(put('AAAA'), 'InvalidRequest', 400)
    await expectError(s3.client.send(new HeadObjectCommand({ Bucket, Key })), 'NotFound', 404)
    expect(await put(value)).toMatchObject({ [name]: value, ChecksumType: 'FULL_OBJECT' })
    const shown = await s3.client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }))
    expect(shown).toMatchObject({ [name]: value, ChecksumType: 'FULL_OBJECT' })
    expect(await s3.client.send(new HeadObjectCommand({ Bucket, Key }))).not.toHaveProperty(name)
    const ranged = await s3.client.send(
      new GetObjectCommand({ Bucket, Key, Range: 'bytes=0-3', ChecksumMode: 'ENABLED' }),
    )
    expect(ranged).not.toHaveProperty(name)
  })

  test('is checked on a part, and listed with it', async () => {
    const s3 = await startTestS3()
    const UploadId = await create(s3, algorithm)
    const part = { Bucket, Key, UploadId, PartNumber: 1, Body: bytes }
    const wrong = s3.client.send(
      new UploadPartCommand({ ...part, [name]: digest(algorithm, Buffer.alloc(1)) }),
    )
    await expectError(wrong, 'BadDigest', 400)
    const value = digest(algorithm, bytes)
    const done = await s3.client.send(new UploadPartCommand({ ...part, [name]: value }))
    expect(done).toMatchObject({ [name]: value })
    const listed = await s3.client.send(new ListPartsCommand({ Bucket, Key, UploadId }))
    expect(listed).toMatchObject({
      ChecksumAlgorithm: algorithm,
      ChecksumType: algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE',
      Parts: [{ [name]: value }],
    })
  })

  test('arrives in a trailer as well', async () => {
    const s3 = await startTestS3()
    const value = digest(algorithm, bytes)
    const send = (checksum: string) =>
      s3.fetch({
        method: 'PUT',
        path: `/${Bucket}/${Key}`,
        payloadHash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        headers: {
          'x-amz-decoded-content-length': String(bytes.length),
          'x-amz-trailer': `x-amz-checksum-${algorithm.toLowerCase()}`,
        },
        body: `${bytes.length.toString(16)}\r\n${bytes}\r\n0\r\nx-amz-checksum-${algorithm.toLowerCase()}:${checksum}\r\n\r\n`,
      })
    expect(await send(digest(algorithm, Buffer.alloc(1)))).toMatchObject({ status: 400, code: 'BadDigest' })
    expect((await send(value)).status).toBe(200)
    const head = await s3.client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }))
    expect(head).toMatchObject({ [name]: value })
  })
})

describe.each(['CRC64NVME', 'CRC32', 'CRC32C'])('a full-object %s', (algorithm) => {
  const name = `Checksum${algorithm}`

  test('is combined from parts that came without one, and compared at the end', async () => {
    const s3 = await startTestS3()
    const UploadId = await create(s3, algorithm, 'FULL_OBJECT')
    const parts = await upload(s3, UploadId)
    const { Parts } = await s3.client.send(new ListPartsCommand({ Bucket, Key, UploadId }))
    expect(Parts?.map((part) => part[name as keyof typeof part])).toEqual(
      pieces.map((piece) => digest(algorithm, piece)),
    )
    const value = digest(algorithm, Buffer.concat(pieces))
    const other = digest(algorithm, bytes)
    const full = { ChecksumType: 'FULL_OBJECT' } as const
    await expectError(complete(s3, UploadId, parts, { [name]: other, ...full }), 'BadDigest', 400)
    await expectError(complete(s3, UploadId, parts, { [name]: value }), 'BadDigest', 400)
    const done = await complete(s3, UploadId, parts, { [name]: value, ...full })
    expect(done).toMatchObject({ [name]: value, ChecksumType: 'FULL_OBJECT' })
    const head = await s3.client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }))
    expect(head).toMatchObject({ [name]: value, ChecksumType: 'FULL_OBJECT' })
    const part = await s3.client.send(
      new GetObjectCommand({ Bucket, Key, PartNumber: 2, ChecksumMode: 'ENABLED' }),
    )
    expect(part).toHaveProperty(name, digest(algorithm, pieces[1] ?? Buffer.alloc(0)))
  })
})

describe.each(['CRC32', 'CRC32C', 'SHA1', 'SHA256'])('a composite %s', (algorithm) => {
  test('is made of the parts, each of which needs one', async () => {
    const s3 = await startTestS3()
    const UploadId = await create(s3, algorithm)
    await expectError(upload(s3, UploadId), 'InvalidRequest', 400)
    const parts = await upload(s3, UploadId, algorithm)
    const bare = parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag }))
    const error = await expectError(complete(s3, UploadId, bare), 'InvalidRequest', 400)
    expect(error.message).toContain('missing for part 1')
    const done = await complete(s3, UploadId, parts)
    const composite = digest(
      algorithm,
      Buffer.concat(pieces.map((piece) => Buffer.from(digest(algorithm, piece), 'base64'))),
    )
    expect(done).toMatchObject({ [`Checksum${algorithm}`]: `${composite}-2`, ChecksumType: 'COMPOSITE' })
  })
})

describe('checksums', () => {
  test('of the SDK, with its own defaults, are understood', async () => {
    const s3 = await startTestS3()
    const client = clientOf(s3.server, undefined, 'WHEN_SUPPORTED')
    const put = await client.send(new PutObjectCommand({ Bucket, Key, Body: bytes }))
    expect(put.ChecksumCRC32).toBe(digest('CRC32', bytes))
    const got = await client.send(new GetObjectCommand({ Bucket, Key }))
    expect(await got.Body?.transformToString()).toBe(bytes.toString())
  })

  test('that S3 knows and this endpoint does not are answered NotImplemented', async () => {
    const s3 = await startTestS3()
    for (const algorithm of ['md5', 'sha512', 'xxhash3', 'xxhash64', 'xxhash128']) {
      const headers = { [`x-amz-checksum-${algorithm}`]: 'AAAA' }
      const put = await s3.fetch({ method: 'PUT', path: '/films/x', headers })
      expect(put).toMatchObject({ status: 501, code: 'NotImplemented' })
      const create = { method: 'POST', path: '/films/x', query: [['uploads', '']] as [string, string][] }
      expect(await s3.fetch({ ...create, headers: { 'x-amz-checksum-algorithm': algorithm } })).toMatchObject(
        {
          status: 501,
        },
      )
    }
  })

  test('of two algorithms at once, or of none that exists, are refused', async () => {
    const s3 = await startTestS3()
    const both = { 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-crc32c': 'AAAAAA==' }
    expect(await s3.fetch({ method: 'PUT', path: '/films/x', headers: both })).toMatchObject({
      status: 400,
      code: 'InvalidRequest',
    })
    await expectError(create(s3, 'CRC7'), 'InvalidRequest', 400)
  })

  test.each([
    ['CRC64NVME', 'COMPOSITE'],
    ['SHA1', 'FULL_OBJECT'],
    ['SHA256', 'FULL_OBJECT'],
    [undefined, 'FULL_OBJECT'],
  ] as const)('of %s cannot be %s', async (algorithm, type) => {
    const s3 = await startTestS3()
    await expectError(create(s3, algorithm, type), 'InvalidRequest', 400)
  })

  test('need part numbers from 1 on without a gap', async () => {
    const s3 = await startTestS3()
    const UploadId = await create(s3, 'CRC64NVME')
    const { ETag } = await s3.client.send(
      new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 2, Body: bytes }),
    )
    await expectError(complete(s3, UploadId, [{ PartNumber: 2, ETag }]), 'InvalidRequest', 400)
  })

  test('do not belong to an upload that was created without', async () => {
    const s3 = await startTestS3()
    const UploadId = await create(s3)
    const error = await expectError(upload(s3, UploadId, 'CRC32'), 'InvalidRequest', 400)
    expect(error.message).toBe(
      'Checksum Type mismatch occurred, expected checksum Type: null, actual checksum Type: crc32',
    )
    const parts = await upload(s3, UploadId)
    await expectError(complete(s3, UploadId, parts, { ChecksumType: 'FULL_OBJECT' }), 'InvalidRequest', 400)
  })

  test('by Content-MD5 are checked too', async () => {
    const s3 = await startTestS3()
    const put = (ContentMD5: string) =>
      s3.client.send(new PutObjectCommand({ Bucket, Key, Body: bytes, ContentMD5 }))
    await expectError(put(createHash('md5').update('other').digest('base64')), 'BadDigest', 400)
    await expectError(put('not base64'), 'InvalidDigest', 400)
    await put(createHash('md5').update(bytes).digest('base64'))
  })
})
