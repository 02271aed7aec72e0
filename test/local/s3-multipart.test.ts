import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { describe, expect, test } from 'vitest'
import { BUCKET, expectError, MIB, signHeaders, startTestS3, type TestS3 } from './s3-harness.ts'

const Bucket = BUCKET
const Key = 'big film.mkv'

async function create(s3: TestS3, key = Key, input = {}): Promise<string> {
  const answer = await s3.client.send(new CreateMultipartUploadCommand({ Bucket, Key: key, ...input }))
  return answer.UploadId ?? expect.fail('expected an upload id')
}

async function upload(
  s3: TestS3,
  UploadId: string,
  PartNumber: number,
  Body: Uint8Array,
): Promise<CompletedPart> {
  const { ETag = '' } = await s3.client.send(
    new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }),
  )
  return { PartNumber, ETag }
}

function complete(s3: TestS3, UploadId: string, Parts: CompletedPart[], input = {}) {
  return s3.client.send(
    new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...input }),
  )
}

function listParts(s3: TestS3, UploadId: string, input = {}) {
  return s3.client.send(new ListPartsCommand({ Bucket, Key, UploadId, ...input }))
}

async function bytes(s3: TestS3, input = {}): Promise<Buffer> {
  const { Body } = await s3.client.send(new GetObjectCommand({ Bucket, Key, ...input }))
  return Buffer.from((await Body?.transformToByteArray()) ?? [])
}

const pieces = [Buffer.alloc(5 * MIB, 1), Buffer.alloc(6 * MIB, 2), Buffer.from('the end')] as const

/** An upload with the three pieces as its parts 1 to 3. */
async function uploadPieces(s3: TestS3): Promise<{ UploadId: string; parts: CompletedPart[] }> {
  const UploadId = await create(s3)
  const parts = []
  for (const [at, piece] of pieces.entries()) parts.push(await upload(s3, UploadId, at + 1, piece))
  return { UploadId, parts }
}

describe('a multipart upload', () => {
  test('becomes one object, whose bytes come back across the parts', async () => {
    const s3 = await startTestS3()
    const { UploadId, parts } = await uploadPieces(s3)
    const done = await complete(s3, UploadId, parts, { MpuObjectSize: 11 * MIB + 7 })
    expect(done.ETag).toMatch(/^"[0-9a-f]{32}-3"$/)
    const whole = Buffer.concat(pieces)
    expect((await bytes(s3)).equals(whole)).toBe(true)
    const Range = `bytes=${5 * MIB - 2}-${11 * MIB + 3}`
    expect((await bytes(s3, { Range })).equals(whole.subarray(5 * MIB - 2, 11 * MIB + 4))).toBe(true)
    const second = await s3.client.send(new GetObjectCommand({ Bucket, Key, PartNumber: 2 }))
    expect(second).toMatchObject({ PartsCount: 3, ContentLength: 6 * MIB })
    expect(second.ContentRange).toBe(`bytes ${5 * MIB}-${11 * MIB - 1}/${whole.length}`)
    await expectError(bytes(s3, { PartNumber: 4 }), 'InvalidPartNumber', 416)
  })

  test('goes on after a restart, before and after its completion', async () => {
    const s3 = await startTestS3()
    const { UploadId, parts } = await uploadPieces(s3)
    const before = await listParts(s3, UploadId)
    await s3.restart()
    expect((await listParts(s3, UploadId)).Parts).toEqual(before.Parts)
    const { ETag } = await complete(s3, UploadId, parts)
    await s3.restart()
    expect((await bytes(s3)).equals(Buffer.concat(pieces))).toBe(true)
    expect((await complete(s3, UploadId, parts)).ETag).toBe(ETag)
    await expectError(listParts(s3, UploadId), 'NoSuchUpload', 404)
  })

  test('keeps the metadata of its creation', async () => {
    const s3 = await startTestS3()
    const UploadId = await create(s3, Key, { ContentType: 'video/mp4', Metadata: { name: 'x' } })
    await complete(s3, UploadId, [await upload(s3, UploadId, 1, pieces[2])])
    const head = await s3.client.send(new HeadObjectCommand({ Bucket, Key }))
    expect(head).toMatchObject({ ContentType: 'video/mp4', Metadata: { name: 'x' }, ContentLength: 7 })
  })

  test('takes the last bytes sent for a part number, also across a restart', async () => {
    const s3 = await startTestS3()
    const UploadId = await create(s3)
    const first = await upload(s3, UploadId, 1, Buffer.from('first'))
    const second = await upload(s3, UploadId, 1, Buffer.from('second'))
    await s3.restart()
    await expectError(complete(s3, UploadId, [first]), 'InvalidPart', 400)
    await complete(s3, UploadId, [second])
    expect((await bytes(s3)).toString()).toBe('second')
  })

  test('may leave parts out, whose bytes then leave the disk', async () => {
    const s3 = await startTestS3()
    const { UploadId, parts } = await uploadPieces(s3)
    await complete(s3, UploadId, [parts[0] ?? {}, parts[2] ?? {}])
    expect((await bytes(s3)).length).toBe(5 * MIB + 7)
    const directory = join(s3.dataDir, 'buckets', Bucket, 'data', UploadId)
    await expect.poll(() => readdir(directory)).toHaveLength(2)
  })

  test('replaced while it is read keeps its bytes until the reader has them all', async () => {
    const s3 = await startTestS3({ dropPartBytes: true })
    const UploadId = await create(s3)
    const parts = []
    for (const number of [1, 2, 3, 4, 5, 6]) parts.push(await upload(s3, UploadId, number, pieces[0]))
    await complete(s3, UploadId, parts)
    // More than the socket's buffers hold, so that the server has not opened the last parts yet.
    const reading = await s3.client.send(new GetObjectCommand({ Bucket, Key }))
    await s3.client.send(new PutObjectCommand({ Bucket, Key, Body: 'new' }))
    const data = join(s3.dataDir, 'buckets', Bucket, 'data')
    expect(await readdir(data)).toHaveLength(2)
    expect((await reading.Body?.transformToByteArray())?.length).toBe(30 * MIB)
    await expect.poll(() => readdir(data)).toHaveLength(1)
  })

  test('aborted is gone, with its bytes', async () => {
    const s3 = await startTestS3()
    const { UploadId, parts } = await uploadPieces(s3)
    const abort = () => s3.client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }))
    await abort()
    await expectError(abort(), 'NoSuchUpload', 404)
    await expectError(listParts(s3, UploadId), 'NoSuchUpload', 404)
    await expectError(complete(s3, UploadId, parts), 'NoSuchUpload', 404)
    await expectError(upload(s3, UploadId, 1, pieces[2]), 'NoSuchUpload', 404)
    const data = join(s3.dataDir, 'buckets', Bucket, 'data')
    await expect.poll(() => readdir(data)).toEqual([])
  })

  test('belongs to its key alone', async () => {
    const s3 = await startTestS3()
    const UploadId = await create(s3, 'another key')
    await expectError(upload(s3, UploadId, 1, pieces[2]), 'NoSuchUpload', 404)
    await expectError(listParts(s3, UploadId), 'NoSuchUpload', 404)
  })

  test('completed again by two clients at once is one object, and both succeed', async () => {
    const s3 = await startTestS3()
    const { UploadId, parts } = await uploadPieces(s3)
    const [a, b] = await Promise.all([complete(s3, UploadId, parts), complete(s3, UploadId, parts)])
    expect(a.ETag).toBe(b.ETag)
    await expectError(complete(s3, UploadId, parts.slice(0, 2)), 'InvalidPart', 400)
  })

  test('can be completed again for ten minutes', async () => {
    let clock = Date.now()
    const s3 = await startTestS3({ now: () => new Date(clock) })
    const { UploadId, parts } = await uploadPieces(s3)
    const { ETag } = await complete(s3, UploadId, parts)
    clock += 9.5 * 60_000
    expect((await complete(s3, UploadId, parts)).ETag).toBe(ETag)
    clock += 60_000
    await expectError(complete(s3, UploadId, parts), 'NoSuchUpload', 404)
  })

  test('with If-None-Match: * gives way to an object that is there, and stays', async () => {
    const s3 = await startTestS3()
    const { UploadId, parts } = await uploadPieces(s3)
    await s3.client.send(new PutObjectCommand({ Bucket, Key, Body: 'first' }))
    await expectError(complete(s3, UploadId, parts, { IfNoneMatch: '*' }), 'PreconditionFailed', 412)
    expect((await listParts(s3, UploadId)).Parts).toHaveLength(3)
    await complete(s3, UploadId, parts)
  })
})

describe('CompleteMultipartUpload refuses', () => {
  test('a small part that is not the last, and names it', async () => {
    const s3 = await startTestS3()
    const UploadId = await create(s3)
    const parts = [await upload(s3, UploadId, 1, pieces[2]), await upload(s3, UploadId, 2, pieces[2])]
    const error = await expectError(complete(s3, UploadId, parts), 'EntityTooSmall', 400)
    expect(error).toMatchObject({ PartNumber: '1', MinSizeAllowed: '5242880', ProposedSize: '7' })
  })

  test('parts that were never sent, or have another ETag', async () => {
    const s3 = await startTestS3()
    const { UploadId, parts } = await uploadPieces(s3)
    await expectError(complete(s3, UploadId, [...parts, { PartNumber: 4, ETag: 'x' }]), 'InvalidPart', 400)
    await expectError(complete(s3, UploadId, [{ PartNumber: 1, ETag: parts[1]?.ETag }]), 'InvalidPart', 400)
  })

  test('parts out of order, or twice', async () => {
    const s3 = await startTestS3()
    const { UploadId, parts } = await uploadPieces(s3)
    await expectError(complete(s3, UploadId, [...parts].reverse()), 'InvalidPartOrder', 400)
    await expectError(complete(s3, UploadId, [parts[0] ?? {}, ...parts]), 'InvalidPartOrder', 400)
  })

  test('no parts at all', async () => {
    const s3 = await startTestS3()
    const UploadId = await create(s3)
    await expectError(complete(s3, UploadId, []), 'InvalidRequest', 400)
    expect(
      await s3.fetch({ method: 'POST', path: '/films/big%20film.mkv', query: [['uploadId', UploadId]] }),
    ).toMatchObject({ status: 400, code: 'InvalidRequest' })
  })

  test('a size that the parts do not have', async () => {
    const s3 = await startTestS3()
    const { UploadId, parts } = await uploadPieces(s3)
    await expectError(complete(s3, UploadId, parts, { MpuObjectSize: 1 }), 'InvalidRequest', 400)
  })
})

describe('UploadPart refuses', () => {
  test.each(['0', '10001', '-1', '1.5', 'one', ''])('the part number %j', async (number) => {
    const s3 = await startTestS3()
    const UploadId = await create(s3)
    const query: [string, string][] = [
      ['partNumber', number],
      ['uploadId', UploadId],
    ]
    expect(await s3.fetch({ method: 'PUT', path: '/films/big%20film.mkv', query })).toMatchObject({
      status: 400,
      code: 'InvalidArgument',
    })
  })

  test('more than 5 GiB before a byte arrives', async () => {
    const s3 = await startTestS3()
    const UploadId = await create(s3)
    const answer = await s3.fetch({
      method: 'PUT',
      path: '/films/big%20film.mkv',
      query: [
        ['partNumber', '1'],
        ['uploadId', UploadId],
      ],
      headers: { 'x-amz-decoded-content-length': String(5 * 1024 * MIB + 1), 'content-length': '0' },
      payloadHash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    })
    expect(answer).toMatchObject({ status: 400, code: 'EntityTooLarge' })
  })
})

describe('listings', () => {
  test('of parts are paged, from any number on', async () => {
    const s3 = await startTestS3()
    const UploadId = await create(s3)
    for (const number of [3, 1, 4, 10_000]) await upload(s3, UploadId, number, Buffer.from(`${number}`))
    const page = async (input: object) => {
      const { Parts = [], IsTruncated, NextPartNumberMarker } = await listParts(s3, UploadId, input)
      return [Parts.map(({ PartNumber }) => PartNumber), IsTruncated, NextPartNumberMarker]
    }
    expect(await page({})).toEqual([[1, 3, 4, 10_000], false, '10000'])
    expect(await page({ MaxParts: 2 })).toEqual([[1, 3], true, '3'])
    expect(await page({ PartNumberMarker: '2', MaxParts: 2 })).toEqual([[3, 4], true, '4'])
    expect(await page({ PartNumberMarker: '9999' })).toEqual([[10_000], false, '10000'])
    expect(await page({ PartNumberMarker: '20000' })).toEqual([[], false, '0'])
  })

  test('of uploads are sorted by key and time, paged, and grouped by a delimiter', async () => {
    const s3 = await startTestS3()
    const ids: Record<string, string> = {}
    for (const key of ['b/2', 'a/1', 'c', 'b/1', 'a/2']) ids[key] = await create(s3, key)
    const again = await create(s3, 'b/1')
    const seen: string[] = []
    let next: { KeyMarker?: string; UploadIdMarker?: string } = {}
    do {
      const page = await s3.client.send(new ListMultipartUploadsCommand({ Bucket, MaxUploads: 2, ...next }))
      seen.push(...(page.Uploads ?? []).map((each) => `${each.Key} ${each.UploadId}`))
      next = page.IsTruncated
        ? { KeyMarker: page.NextKeyMarker ?? '', UploadIdMarker: page.NextUploadIdMarker ?? '' }
        : {}
    } while (next.KeyMarker !== undefined)
    const expected = ['a/1', 'a/2', 'b/1'].map((key) => `${key} ${ids[key]}`)
    expect(seen).toEqual([...expected, `b/1 ${again}`, `b/2 ${ids['b/2']}`, `c ${ids.c}`])
    const grouped = await s3.client.send(new ListMultipartUploadsCommand({ Bucket, Delimiter: '/' }))
    expect(grouped.CommonPrefixes).toEqual([{ Prefix: 'a/' }, { Prefix: 'b/' }])
    expect(grouped.Uploads?.map((each) => each.Key)).toEqual(['c'])
    const prefixed = await s3.client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'a/' }))
    expect(prefixed.Uploads?.map((each) => each.Key)).toEqual(['a/1', 'a/2'])
  })
})

describe('the switches', () => {
  test('dropped part bytes keep size, ETag and checksum, and read back as zeros', async () => {
    const s3 = await startTestS3({ dropPartBytes: true })
    const checksum = { ChecksumAlgorithm: 'CRC64NVME', ChecksumType: 'FULL_OBJECT' } as const
    const UploadId = await create(s3, Key, checksum)
    const part = await upload(s3, UploadId, 1, Buffer.from('hello'))
    expect((await listParts(s3, UploadId)).Parts?.[0]).toMatchObject({
      Size: 5,
      ETag: '"5d41402abc4b2a76b9719d911017c592"',
      ChecksumCRC64NVME: 'M3eFcAZSQlc=',
    })
    await complete(s3, UploadId, [part])
    const { body } = await s3.fetch({ path: '/films/big%20film.mkv' })
    expect(body.equals(Buffer.alloc(5))).toBe(true)
  })

  test('a slow completion answers 200 with white space first, and may still fail in its body', async () => {
    const s3 = await startTestS3({ completeDelayMs: 1500 })
    const { UploadId, parts } = await uploadPieces(s3)
    const xml = parts.map(
      (part) => `<Part><PartNumber>${part.PartNumber}</PartNumber><ETag>${part.ETag}</ETag></Part>`,
    )
    const raw = {
      method: 'POST',
      path: '/films/big%20film.mkv',
      query: [['uploadId', UploadId]] as [string, string][],
      headers: { 'if-none-match': '*' },
      body: `<CompleteMultipartUpload>${xml.join('')}</CompleteMultipartUpload>`,
    }
    const { host, ...headers } = signHeaders(s3.server.port, raw)
    // It resolves with the head of the answer, while the object is not there yet.
    const slow = await fetch(`http://${host}${raw.path}?uploadId=${UploadId}`, { ...raw, headers })
    expect(slow.status).toBe(200)
    await expectError(bytes(s3), 'NoSuchKey', 404)
    await s3.client.send(new PutObjectCommand({ Bucket, Key, Body: 'meanwhile' }))
    expect(await slow.text()).toMatch(/^<\?xml [^>]*>\s+<Error><Code>PreconditionFailed</)
    expect((await listParts(s3, UploadId)).Parts).toHaveLength(3)
  })
})
