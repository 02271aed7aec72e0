import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { describe, expect, onTestFinished, test } from 'vitest'
import { BlockPool } from '../../client/node/block-pool.ts'
import {
  type AbortedError,
  createS3Client,
  KeyTakenError,
  type S3ClientOptions,
  type S3StreamOptions,
  type StreamError,
  type Upload,
} from '../../client/node/index.ts'
import { StreamSource } from '../../client/node/stream-source.ts'
import { BUCKET, MIB, root, startTestS3 } from '../local/s3-harness.ts'
import { pseudoRandom, serve, temporaryFolder } from './servers.ts'

const Bucket = BUCKET
const PART = 5 * MIB
/** What a client takes besides parts and lanes, and what each lane does. */
const [BASE, LANE] = [144 * MIB, 4 * MIB]

async function stage(options: Partial<S3ClientOptions> = {}) {
  const s3 = await startTestS3()
  const folder = await temporaryFolder()
  const link = await openLink(s3.server.url)
  const client = createS3Client({
    ...{ bucket: Bucket, endpoint: link.url, credentials: root, state: join(folder, '.state') },
    timing: { retryBaseMs: 5, retryCapMs: 50 },
    ...options,
  })
  onTestFinished(() => client.close())
  const send = (chunks: AsyncIterable<Uint8Array>, options: Partial<S3StreamOptions> = {}): Upload =>
    client.uploadStream(chunks, { key: 'a/film', partSize: PART, ...options })
  const fetchBack = async (Key = 'a/film') => {
    const { Body } = await s3.client.send(new GetObjectCommand({ Bucket, Key }))
    return Buffer.from((await Body?.transformToByteArray()) ?? [])
  }
  const unfinished = async () => {
    const { Uploads = [] } = await s3.client.send(new ListMultipartUploadsCommand({ Bucket }))
    return Uploads.length
  }
  return { s3, link, client, folder, send, fetchBack, unfinished }
}

/** In pieces of that size, as a pipe has them. */
function* inPieces(bytes: Uint8Array, size = 65_521): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const streamOf = (bytes: Uint8Array, size?: number) => Readable.from(inPieces(bytes, size))

describe('a stream', () => {
  test.each([
    ['of no bytes', 0, ['PUT']],
    ['of a few', 10, ['PUT']],
    ['of exactly one part', PART, ['PUT']],
    ['of a part and a byte', PART + 1, ['POST', 'PUT', 'PUT', 'GET', 'POST']],
    ['of exactly two parts', 2 * PART, ['POST', 'PUT', 'PUT', 'GET', 'POST']],
  ])('%s becomes an object, proved by its checksum', async (_, size, requests) => {
    const { send, fetchBack, link, s3 } = await stage()
    const bytes = pseudoRandom(size)
    const metadata = { scene: 'one' }
    const headers = { cacheControl: 'no-cache' }
    const upload = send(streamOf(bytes), { contentType: 'video/mp4', metadata, headers })
    expect(await upload.result).toMatchObject({
      ...{ key: 'a/film', size, verified: 'checksum', bytesTransferred: size, downgraded: undefined },
    })
    expect(bytes.equals(await fetchBack())).toBe(true)
    expect(link.requests).toEqual(requests)
    expect(await s3.client.send(new HeadObjectCommand({ Bucket, Key: 'a/film' }))).toMatchObject({
      ContentType: 'video/mp4',
      CacheControl: 'no-cache',
      Metadata: { scene: 'one', 'file-name': 'film' },
    })
  })

  test('that ends within a large part goes in one PUT all the same', async () => {
    const { send, fetchBack, link } = await stage()
    const bytes = pseudoRandom(18 * MIB)
    await send(streamOf(bytes), { partSize: 20 * MIB }).result
    expect(link.requests).toEqual(['PUT'])
    expect(bytes.equals(await fetchBack())).toBe(true)
  })

  test.each(['CRC64NVME', 'CRC32', 'CRC32C', 'NONE'] as const)(
    'is proved as it is asked to: %s',
    async (checksum) => {
      const { send, fetchBack } = await stage()
      const bytes = pseudoRandom(2 * PART + 7)
      const result = await send(streamOf(bytes, 3 * MIB), { checksum }).result
      expect(result.verified).toBe(checksum === 'NONE' ? 'etag' : 'checksum')
      if (checksum !== 'NONE') expect(result.checksum?.algorithm).toBe(checksum)
      expect(bytes.equals(await fetchBack())).toBe(true)
    },
  )

  test('has a size that grows until its end is read, and no time left before', async () => {
    const { send } = await stage()
    const input = new PassThrough({ highWaterMark: 64 * MIB })
    const upload = send(input)
    input.write(pseudoRandom(2 * PART))
    await stateOf(upload, (parts) => parts.filter((state) => state === 'done').length === 2)
    expect(upload.snapshot()).toMatchObject({
      ...{ state: 'uploading', fileName: 'film', size: 2 * PART, sizeKnown: false, eta: undefined },
      ...{ parts: ['done', 'done'], bytesAcknowledged: 2 * PART },
    })
    input.end(pseudoRandom(9))
    await upload.result
    expect(upload.snapshot()).toMatchObject({
      ...{ state: 'done', size: 2 * PART + 9, sizeKnown: true, bytesSent: 2 * PART + 9 },
      parts: ['done', 'done', 'done'],
    })
  })

  test('comes back in ranges of its parts', async () => {
    const { client, folder, send } = await stage()
    const bytes = pseudoRandom(3 * PART + 5)
    await send(streamOf(bytes)).result
    const output = join(folder, 'back')
    const { verified } = await client.download('a/film', { output }).result
    expect(verified).toBe('checksum')
    expect(bytes.equals(await readFile(output))).toBe(true)
  })

  test('replaces what is there unless it may not', async () => {
    const { s3, send, fetchBack, unfinished } = await stage()
    await s3.client.send(new PutObjectCommand({ Bucket, Key: 'a/film', Body: 'another' }))
    for (const size of [10, PART + 10]) {
      const error: StreamError = await failureOf(send(streamOf(pseudoRandom(size)), { overwrite: false }))
      expect(error.cause).toBeInstanceOf(KeyTakenError)
    }
    expect(String(await fetchBack())).toBe('another')
    expect(await unfinished()).toBe(0)
    await send(streamOf(pseudoRandom(PART + 10))).result
    expect(await fetchBack()).toHaveLength(PART + 10)
  })
})

describe('a part of a stream', () => {
  test.each(['drop', 'corrupt'] as const)('that meets %s is sent again from memory', async (fault) => {
    const { link, send, fetchBack } = await stage()
    link.fault = fault
    const bytes = pseudoRandom(3 * PART)
    const upload = send(streamOf(bytes))
    const retried: (number | undefined)[] = []
    upload.on('retry', ({ partNumber }) => retried.push(partNumber))
    expect(await upload.result).toMatchObject({ verified: 'checksum' })
    expect(retried).toHaveLength(1)
    expect(bytes.equals(await fetchBack())).toBe(true)
  })

  test('that was cut by a pause is sent again after it', async () => {
    const { send, fetchBack } = await stage()
    const bytes = pseudoRandom(6 * PART)
    const upload = send(streamOf(bytes), { concurrency: 2 })
    await stateOf(upload, (parts) => parts.includes('done') && parts.includes('sending'))
    upload.pause()
    expect(upload.snapshot().state).toBe('paused')
    upload.resume()
    expect(await upload.result).toMatchObject({ size: 6 * PART, verified: 'checksum' })
    expect(bytes.equals(await fetchBack())).toBe(true)
  })
})

describe('what is left of a stream that could not be sent is dropped', () => {
  test('where it breaks', async () => {
    const { send, unfinished } = await stage()
    const input = new PassThrough()
    const upload = send(input)
    await writeAll(input, pseudoRandom(2 * PART))
    input.destroy(new Error('the pipe broke'))
    const error: StreamError = await failureOf(upload)
    expect(error).toMatchObject({ name: 'StreamError', resumable: false })
    expect(error.message).toMatch(
      /the pipe broke.*Its parts are dropped\. A stream cannot be read again: send it anew/,
    )
    expect(upload.snapshot().state).toBe('failed')
    expect(await unfinished()).toBe(0)
  })

  test.each(['signal', 'cancel'] as const)(
    'where it is stopped (%s), and whoever writes to it is told',
    async (how) => {
      const { send, unfinished } = await stage()
      const input = new PassThrough()
      const stop = new AbortController()
      const upload = send(input, { signal: stop.signal })
      const failed = failureOf<AbortedError>(upload)
      await writeAll(input, pseudoRandom(2 * PART))
      const closed = once(input, 'close')
      if (how === 'signal') stop.abort()
      else await upload.abort()
      expect(await failed).toMatchObject({ name: 'AbortedError', resumable: false })
      await closed
      expect(upload.snapshot().state).toBe(how === 'signal' ? 'failed' : 'aborted')
      expect(await unfinished()).toBe(0)
    },
  )

  test('where it has text for bytes', async () => {
    const { send } = await stage()
    const input = Readable.from(['text']).setEncoding('utf8')
    const error = await failureOf(send(input))
    expect(error.message).toContain('Expected a stream of bytes, got one of strings')
  })
})

test('no more is read than fits into memory', async () => {
  const { link, send } = await stage({ maxMemory: BASE + 2 * (PART + LANE) })
  link.holds = true
  let read = 0
  async function* endless() {
    for (; read < 40 * MIB; read += MIB) yield pseudoRandom(MIB)
  }
  const upload = send(endless())
  await link.held(2)
  await new Promise((resolve) => setImmediate(resolve))
  expect(read).toBeLessThanOrEqual(2 * PART + 2 * MIB)
  link.holds = false
  link.release()
  expect(await upload.result).toMatchObject({ size: 40 * MIB, verified: 'checksum' })
})

describe('the parts of a stream', () => {
  test.each<[Partial<S3StreamOptions>, number]>([
    [{}, 64 * MIB],
    [{ expectedSize: MIB }, 8 * MIB],
    [{ expectedSize: 100 * 1024 * MIB }, 11 * MIB],
    [{ expectedSize: 100 * 1024 * MIB, partSize: 16 * MIB }, 16 * MIB],
  ])('%o are of %i bytes', async (options, partSize) => {
    const { send } = await stage()
    const upload = send(streamOf(pseudoRandom(65 * MIB), MIB), { partSize: undefined, ...options })
    const [initiated] = await new Promise<{ partSize: number }[]>((resolve) => {
      upload.on('initiated', (event) => resolve([event]))
    })
    expect(initiated?.partSize).toBe(partSize)
    await upload.abort()
  })

  test.each<[string, Partial<S3StreamOptions>, Partial<S3ClientOptions>, RegExp]>([
    ['no whole MiB', { partSize: PART + 1 }, {}, /^Expected a part size that is a whole number of MiB/],
    ['too many', { expectedSize: 6 * 10_000 * MIB }, {}, /^.* S3 takes 10000\. Ask for parts of 6291456/],
    [
      'too large for the memory',
      { partSize: 64 * MIB },
      { maxMemory: 200 * MIB },
      /^Expected room for one part of 64 MiB/,
    ],
  ])('%s are refused at once', async (_, options, limits, message) => {
    const { send } = await stage(limits)
    expect(() => send(streamOf(Buffer.alloc(1)), options)).toThrow(RangeError)
    expect(() => send(streamOf(Buffer.alloc(1)), options)).toThrow(message)
  })

  test('are 10,000 at most, and one more says what helps', async () => {
    const { signal } = new AbortController()
    const source = new StreamSource(streamOf(pseudoRandom(10_001), 1000), 'film', 1, new BlockPool(1))
    for (let part = 1; part <= 10_000; part++) {
      expect(await source.next(signal)).toBe(part)
      source.release(part)
    }
    await expect(source.next(signal)).rejects.toThrow(/at most 10000 parts.*expectedSize/)
  })
})

async function writeAll(input: PassThrough, bytes: Uint8Array): Promise<void> {
  for (const piece of inPieces(bytes)) if (!input.write(piece)) await once(input, 'drain')
}

function stateOf(upload: Upload, fits: (parts: readonly string[]) => boolean): Promise<void> {
  return new Promise((resolve) => {
    upload.on('part', () => fits(upload.snapshot().parts) && resolve())
  })
}

function failureOf<Failure extends Error = StreamError>(upload: Upload): Promise<Failure> {
  return upload.result.then(
    () => expect.fail('expected the upload to fail, it did not'),
    (error: Failure) => error,
  )
}

/** Passes everything on and counts it, unless it is to hold, drop or corrupt the second PUT. */
async function openLink(storeUrl: string) {
  const waiting: (() => void)[] = []
  let puts = 0
  const link = {
    url: '',
    requests: [] as string[],
    fault: undefined as 'drop' | 'corrupt' | undefined,
    holds: false,
    release: () => {
      for (const go of waiting.splice(0)) go()
    },
    held: async (count: number) => {
      while (waiting.length < count) await new Promise((resolve) => setImmediate(resolve))
    },
  }
  link.url = await serve(async (incoming, outgoing) => {
    const { method = '', url = '/', headers } = incoming
    link.requests.push(method)
    const fault = method === 'PUT' && ++puts === 2 ? link.fault : undefined
    if (fault === 'drop') return outgoing.destroy()
    if (method === 'PUT' && link.holds) await new Promise<void>((resolve) => waiting.push(resolve))
    const onward = request(new URL(url, storeUrl), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    let isFirst = fault === 'corrupt'
    incoming.on('data', (chunk: Buffer) => {
      if (isFirst) chunk[0] = (chunk[0] ?? 0) ^ 1
      isFirst = false
    })
    return incoming.pipe(onward)
  })
  return link
}
