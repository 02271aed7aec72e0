import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  BUCKET,
  expectError,
  MIB,
  type RawRequest,
  root,
  signHeaders,
  startTestS3,
  type TestS3,
} from './s3-harness.ts'

const Bucket = BUCKET
const Key = 'a film.mkv'

async function put(s3: TestS3, Body: string | Uint8Array, key = Key) {
  return s3.client.send(new PutObjectCommand({ Bucket, Key: key, Body: Buffer.from(Body) }))
}

async function text(s3: TestS3, input: Partial<ConstructorParameters<typeof GetObjectCommand>[0]> = {}) {
  const answer = await s3.client.send(new GetObjectCommand({ Bucket, Key, ...input }))
  return { ...answer, text: await answer.Body?.transformToString() }
}

/** The headers of a signed PUT to a host that keeps its name whatever the port. */
function signedFor(raw: Partial<RawRequest>): Record<string, string> {
  return signHeaders(80, { method: 'PUT', path: '/films/x', ...raw })
}

describe('objects', () => {
  test('come back with their bytes, headers and metadata', async () => {
    const s3 = await startTestS3()
    const headers = {
      ContentType: 'video/x-matroska',
      CacheControl: 'no-store',
      ContentDisposition: 'attachment; filename="x"',
      ContentEncoding: 'gzip',
      ContentLanguage: 'de',
      Metadata: { name: 'Der%20Film', empty: '' },
    }
    await s3.client.send(new PutObjectCommand({ Bucket, Key, Body: 'hello', ...headers }))
    const got = await text(s3)
    expect(got).toMatchObject({
      ...headers,
      text: 'hello',
      ContentLength: 5,
      ETag: '"5d41402abc4b2a76b9719d911017c592"',
      AcceptRanges: 'bytes',
    })
    const head = await s3.client.send(new HeadObjectCommand({ Bucket, Key }))
    expect(head).toMatchObject({
      ...headers,
      ContentLength: 5,
      ETag: got.ETag,
      LastModified: got.LastModified,
    })
  })

  test('keep their class, their encryption and their tags, and ETags under KMS are no MD5s', async () => {
    const s3 = await startTestS3()
    const kept = {
      StorageClass: 'GLACIER_IR',
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: 'alias/films',
      Tagging: 'scene=1%20a&empty=',
    } as const
    const stored = await s3.client.send(new PutObjectCommand({ Bucket, Key, Body: 'bytes', ...kept }))
    expect(stored).toMatchObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'alias/films' })
    await s3.restart()
    const found = await s3.client.send(new HeadObjectCommand({ Bucket, Key }))
    const { Tagging, ...told } = kept
    expect(found).toMatchObject({ ...told, ETag: stored.ETag, TagCount: 2 })
    expect(found.ETag).toMatch(/^"[0-9a-f]{32}"$/)
    expect(found.ETag).not.toContain(createHash('md5').update('bytes').digest('hex'))
    const { TagSet } = await s3.client.send(new GetObjectTaggingCommand({ Bucket, Key }))
    expect(TagSet).toEqual([
      { Key: 'scene', Value: '1 a' },
      { Key: 'empty', Value: '' },
    ])
    const { Contents } = await s3.client.send(new ListObjectsV2Command({ Bucket }))
    expect(Contents).toMatchObject([{ Key, StorageClass: 'GLACIER_IR' }])
  })

  test('have tags only by leave of their own', async () => {
    const s3 = await startTestS3({
      findPrincipal: () => ({ ...root, allows: (action) => action !== 's3:PutObjectTagging' }),
    })
    await put(s3, 'bytes')
    const tagged = new PutObjectCommand({ Bucket, Key, Body: 'bytes', Tagging: 'a=b' })
    await expectError(s3.client.send(tagged), 'AccessDenied', 403)
  })

  test('survive a restart, and are gone when deleted', async () => {
    const s3 = await startTestS3()
    await put(s3, 'one')
    await put(s3, '', 'empty')
    await s3.restart()
    expect((await text(s3)).text).toBe('one')
    expect((await text(s3, { Key: 'empty' })).text).toBe('')
    await s3.client.send(new DeleteObjectCommand({ Bucket, Key }))
    await s3.client.send(new DeleteObjectCommand({ Bucket, Key }))
    await s3.restart()
    await expectError(text(s3), 'NoSuchKey', 404)
  })

  test('are replaced as one step: a reader of the old bytes gets them all, then they leave the disk', async () => {
    const s3 = await startTestS3()
    const before = Buffer.alloc(8 * MIB, 1)
    await put(s3, before)
    const reading = await s3.client.send(new GetObjectCommand({ Bucket, Key }))
    await put(s3, 'after')
    expect(Buffer.from((await reading.Body?.transformToByteArray()) ?? []).equals(before)).toBe(true)
    expect((await text(s3)).text).toBe('after')
    const data = join(s3.dataDir, 'buckets', Bucket, 'data')
    await expect.poll(() => readdir(data)).toHaveLength(1)
  })

  test('may have any key, which never leaves the data directory', async () => {
    const s3 = await startTestS3()
    const hostile = [
      '../../../x',
      '..',
      '.',
      'a/',
      '//',
      'a//b',
      'C:\\x',
      '\u{1F3AC}/\uE000',
      '%2e%2e',
      'a+b c',
      'é'.repeat(512),
    ]
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 })),
        async (key) => {
          await put(s3, key, key)
          expect((await text(s3, { Key: key })).text).toBe(key)
        },
      ),
      { numRuns: 60, examples: hostile.map((key) => [key]) },
    )
    expect(await readdir(join(s3.dataDir, '..'))).toEqual(['data'])
    expect(await readdir(s3.dataDir)).toEqual(['buckets'])
    expect(await readdir(join(s3.dataDir, 'buckets'))).toEqual([BUCKET])
  })

  test('have keys of at most 1,024 bytes', async () => {
    const s3 = await startTestS3()
    await expectError(put(s3, '', 'é'.repeat(513)), 'KeyTooLongError', 400)
  })

  test('are deleted in bulk', async () => {
    const s3 = await startTestS3()
    await put(s3, 'x', 'a & b')
    const deleted = await s3.client.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'a & b' }, { Key: 'never was' }] } }),
    )
    expect(deleted.Deleted?.map((each) => each.Key)).toEqual(['a & b', 'never was'])
    await expectError(text(s3, { Key: 'a & b' }), 'NoSuchKey')
  })

  test('cannot be copied here, and S3 says so', async () => {
    const s3 = await startTestS3()
    await put(s3, 'x')
    const copy = new CopyObjectCommand({ Bucket, Key: 'b', CopySource: `${Bucket}/${Key}` })
    await expectError(s3.client.send(copy), 'NotImplemented', 501)
  })

  test('refuse more than 2 KB of metadata', async () => {
    const s3 = await startTestS3()
    const upload = (bytes: number) =>
      s3.client.send(
        new PutObjectCommand({ Bucket, Key, Body: Buffer.alloc(0), Metadata: { k: 'v'.repeat(bytes - 1) } }),
      )
    await upload(2048)
    await expectError(upload(2049), 'MetadataTooLarge', 400)
  })
})

describe('a GET', () => {
  test.each([
    ['bytes=0-0', '0', 'bytes 0-0/10'],
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=8-99', '89', 'bytes 8-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=-99', '0123456789', 'bytes 0-9/10'],
    ['bytes=5-2', '0123456789', undefined],
    ['bytes=0-1,3-4', '0123456789', undefined],
    ['lines=1-2', '0123456789', undefined],
  ])('of the range %s answers %s', async (Range, expected, ContentRange) => {
    const s3 = await startTestS3()
    await put(s3, '0123456789')
    const got = await text(s3, { Range })
    expect([got.text, got.ContentRange]).toEqual([expected, ContentRange])
    expect(got.$metadata.httpStatusCode).toBe(ContentRange === undefined ? 200 : 206)
  })

  test.each(['bytes=10-', 'bytes=10-20', 'bytes=-0'])(
    'of the unsatisfiable range %s is 416',
    async (Range) => {
      const s3 = await startTestS3()
      await put(s3, '0123456789')
      await expectError(text(s3, { Range }), 'InvalidRange', 416)
    },
  )

  test('answers exactly the bytes of any range', async () => {
    const s3 = await startTestS3()
    const bytes = Buffer.from(Array.from({ length: 3000 }, (_, at) => (at * 7) % 251))
    await put(s3, bytes)
    await fc.assert(
      fc.asyncProperty(fc.nat(2999), fc.nat(4000), async (start, length) => {
        const Range = `bytes=${start}-${start + length}`
        const got = await s3.client.send(new GetObjectCommand({ Bucket, Key, Range }))
        const body = Buffer.from((await got.Body?.transformToByteArray()) ?? [])
        expect(body.equals(bytes.subarray(start, start + length + 1))).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  test('honours the four conditions', async () => {
    const s3 = await startTestS3()
    const { ETag } = await put(s3, 'x')
    const early = new Date(Date.now() - 86_400_000)
    const late = new Date(Date.now() + 86_400_000)
    const status = (input: object) =>
      text(s3, input).then(
        (got) => got.$metadata.httpStatusCode,
        (error) => error.$metadata.httpStatusCode,
      )
    expect(await status({ IfMatch: ETag })).toBe(200)
    expect(await status({ IfMatch: '"other"' })).toBe(412)
    expect(await status({ IfNoneMatch: ETag })).toBe(304)
    expect(await status({ IfNoneMatch: '"other"' })).toBe(200)
    expect(await status({ IfModifiedSince: early })).toBe(200)
    expect(await status({ IfModifiedSince: late })).toBe(304)
    expect(await status({ IfUnmodifiedSince: early })).toBe(412)
    expect(await status({ IfUnmodifiedSince: late })).toBe(200)
    expect(await status({ IfMatch: ETag, IfUnmodifiedSince: early })).toBe(200)
    expect(await status({ IfNoneMatch: '"other"', IfModifiedSince: late })).toBe(200)
  })

  test('takes headers of the answer from the query', async () => {
    const s3 = await startTestS3()
    await put(s3, 'x')
    const got = await text(s3, {
      ResponseContentDisposition: `attachment; filename*=UTF-8''a%20b`,
      ResponseContentType: 'text/plain',
    })
    expect(got).toMatchObject({
      ContentDisposition: `attachment; filename*=UTF-8''a%20b`,
      ContentType: 'text/plain',
    })
    await expectError(text(s3, { ResponseContentType: 'a\r\nset-cookie: x' }), 'InvalidArgument', 400)
  })

  test('by part number gives an object in one piece as its part 1', async () => {
    const s3 = await startTestS3()
    await put(s3, 'abc')
    expect((await text(s3, { PartNumber: 1 })).ContentRange).toBe('bytes 0-2/3')
    await expectError(text(s3, { PartNumber: 2 }), 'InvalidPartNumber', 416)
  })
})

describe('a PUT', () => {
  test('with If-None-Match: * never replaces an object, not even one that appears meanwhile', async () => {
    const s3 = await startTestS3()
    const create = (Body: string) =>
      s3.client.send(new PutObjectCommand({ Bucket, Key, Body, IfNoneMatch: '*' }))
    const results = await Promise.allSettled(['a', 'b', 'c', 'd'].map(create))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const error = await expectError(create('e'), 'PreconditionFailed', 412)
    expect(error.message).toContain('pre-conditions')
  })

  test.each([
    ['before its body', { authorization: 'nonsense' }],
    [
      'in the middle of its body',
      signedFor({
        payloadHash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
        headers: { 'x-amz-decoded-content-length': '9' },
      }),
    ],
  ])('refused %s leaves the connection usable, and its body is read to the end', async (_, headers) => {
    const s3 = await startTestS3()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const ports = new Set<number | undefined>()
    for (const attempt of [1, 2, 3]) {
      const { promise, resolve, reject } = Promise.withResolvers<number | undefined>()
      const options = {
        agent,
        host: '127.0.0.1',
        port: s3.server.port,
        method: 'PUT',
        path: '/films/x',
        headers,
      }
      const outgoing = request(options, (answer) => {
        ports.add(answer.socket.localPort)
        answer.resume().on('end', () => resolve(answer.statusCode))
      })
      outgoing.on('error', reject)
      outgoing.end(Buffer.alloc(3 * MIB, attempt))
      expect(await promise).toBe(400)
      await expect.poll(() => outgoing.writableFinished).toBe(true)
    }
    agent.destroy()
    expect(ports.size).toBe(1)
  })

  test('that waits for 100 Continue is refused before its body, and welcomed otherwise', async () => {
    const s3 = await startTestS3()
    const ask = (authorization?: string) => {
      const body = 'hello'
      const headers = signHeaders(s3.server.port, {
        method: 'PUT',
        path: '/films/x',
        body,
        headers: { 'content-length': '5' },
      })
      const { promise, resolve, reject } = Promise.withResolvers<{ status?: number; continued: boolean }>()
      let continued = false
      const outgoing = request(
        {
          host: '127.0.0.1',
          port: s3.server.port,
          method: 'PUT',
          path: '/films/x',
          headers: { ...headers, expect: '100-continue', ...(authorization && { authorization }) },
        },
        (answer) => answer.resume().on('end', () => resolve({ status: answer.statusCode ?? 0, continued })),
      )
      outgoing.on('error', reject)
      outgoing.on('continue', () => {
        continued = true
        outgoing.end(body)
      })
      outgoing.flushHeaders()
      return promise
    }
    expect(await ask()).toEqual({ status: 200, continued: true })
    expect(await ask('nonsense')).toEqual({ status: 400, continued: false })
  })

  test('cut in the middle leaves nothing, on disk or in a listing', async () => {
    const s3 = await startTestS3()
    const data = join(s3.dataDir, 'buckets', Bucket, 'data')
    const headers = signHeaders(s3.server.port, {
      method: 'PUT',
      path: '/films/cut',
      payloadHash: 'UNSIGNED-PAYLOAD',
      headers: { 'content-length': String(4 * MIB) },
    })
    const socket = connect(s3.server.port, '127.0.0.1')
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.write(`PUT /films/cut HTTP/1.1\r\n${lines.join('')}\r\n`)
    socket.write(Buffer.alloc(2 * MIB))
    await expect.poll(() => readdir(data)).toHaveLength(1)
    socket.destroy()
    await expect.poll(() => readdir(data)).toEqual([])
    await expectError(text(s3, { Key: 'cut' }), 'NoSuchKey', 404)
  })
})

describe('buckets', () => {
  test('are listed, found and located', async () => {
    const s3 = await startTestS3()
    const { Buckets } = await s3.client.send(new ListBucketsCommand({}))
    expect(Buckets?.map(({ Name }) => Name)).toEqual([Bucket])
    expect((await s3.client.send(new HeadBucketCommand({ Bucket }))).BucketRegion).toBe('us-east-1')
    expect(
      (await s3.client.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint,
    ).toBeUndefined()
    await expectError(s3.client.send(new HeadBucketCommand({ Bucket: 'none' })), 'NotFound', 404)
    await expectError(
      put(s3, 'x').then(() => text(s3, { Bucket: 'none' })),
      'NoSuchBucket',
      404,
    )
  })

  test.each(['ab', 'Films', 'a..b', '-ab', '192.168.0.1', 'a_b', 'x'.repeat(64)])(
    'cannot be called %s',
    async (name) => {
      const s3 = await startTestS3()
      expect(await s3.fetch({ method: 'PUT', path: `/${name}` })).toMatchObject({
        status: 400,
        code: 'InvalidBucketName',
      })
    },
  )

  test('may be named in the host', async () => {
    const s3 = await startTestS3()
    const host = `${Bucket}.localhost:${s3.server.port}`
    const put = await s3.fetch({ method: 'PUT', path: '/a/b.txt', headers: { host }, body: 'virtual' })
    expect(put.status).toBe(200)
    expect((await text(s3, { Key: 'a/b.txt' })).text).toBe('virtual')
    expect((await s3.fetch({ path: '/', headers: { host } })).text).toContain('<Key>a/b.txt</Key>')
  })
})
