import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, onTestFinished } from 'vitest'
import {
  createS3Client,
  KeyTakenError,
  type ObjectHeaders,
  openFile,
  type S3Client,
  type S3UploadOptions,
  type Upload,
  type UploadResult,
} from '../../client/node/index.ts'
import { pseudoRandom, temporaryFolder } from '../client/servers.ts'
import { contract } from './contract.ts'
import { engineName } from './engine.ts'
import type { Target } from './target.ts'

/** The whole client straight to the store, to keys of one's own. */

const MIB = 1024 * 1024
const FILM = pseudoRandom(11 * MIB)
const PART = 5 * MIB
const keepsChecksums = engineName !== 'rgw'

const SHAPES = [
  ['in parts', FILM],
  ['in one PUT', FILM.subarray(0, 10 * 1024)],
] as const

const HEADERS: ObjectHeaders = {
  cacheControl: 'max-age=3600, public',
  contentDisposition: 'attachment; filename="a  b.mov"',
  contentEncoding: 'gzip',
  contentLanguage: 'de, en',
}
const TAGS = { 'what for': 'a test of S3', größe: '1 + 1 = 2', empty: '' }

for (const [what, film] of SHAPES) {
  contract(`an object that is uploaded ${what} has its headers and metadata`, async (target) => {
    const { s3, Bucket } = target
    const options = { contentType: 'video/mp4', metadata: { scene: 'ä' }, headers: HEADERS }
    const { key: Key, verified } = await upload(target, { key: `headers/${what}`, ...options }, film)
    expect(verified).toBe(keepsChecksums ? 'checksum' : 'etag')
    expect(await s3.headObject({ Bucket, Key })).toMatchObject({
      CacheControl: HEADERS.cacheControl,
      ContentDisposition: HEADERS.contentDisposition,
      ContentEncoding: HEADERS.contentEncoding,
      ContentLanguage: HEADERS.contentLanguage,
      ContentType: 'video/mp4',
      Metadata: { scene: '%C3%A4' },
    })
  })

  contract(`an object that is uploaded ${what} has its tags`, async (target) => {
    const { s3, Bucket } = target
    const headers = { tags: TAGS }
    const { key: Key } = await upload(target, { key: `tags/${what}`, headers }, film)
    const { TagSet = [] } = await s3.getObjectTagging({ Bucket, Key })
    expect(Object.fromEntries(TagSet.map(({ Key, Value }) => [Key, Value]))).toEqual(TAGS)
  })

  contract(`an object that is uploaded ${what} has its storage class`, async (target, skip) => {
    if (engineName === 'rgw')
      return skip('RGW has the storage classes that its zone was given, and this has none')
    const { s3, Bucket } = target
    const headers = { storageClass: 'STANDARD_IA' }
    const { key: Key } = await upload(target, { key: `class/${what}`, headers }, film)
    expect(await s3.headObject({ Bucket, Key })).toMatchObject({ StorageClass: 'STANDARD_IA' })
  })

  contract(
    `an object that is uploaded ${what} is encrypted by KMS, and proved all the same`,
    async (target, skip) => {
      if (engineName === 'rgw') return skip('RGW has no KMS here')
      const { s3, Bucket } = target
      const headers = { sse: 'aws:kms' } as const
      const proved = await upload(target, { key: `kms/${what}`, headers }, film)
      expect(proved).toMatchObject({ verified: 'checksum', bytesTransferred: film.length })
      expect(await s3.headObject({ Bucket, Key: proved.key })).toMatchObject({
        ServerSideEncryption: 'aws:kms',
      })
      const unproved = await upload(target, { key: `kms/${what}`, headers, checksum: 'NONE' }, film)
      expect(unproved).toMatchObject({ verified: 'size', bytesTransferred: film.length })
    },
  )

  contract(`an object that is there is not replaced by an upload ${what} that may not`, async (target) => {
    const { s3, Bucket } = target
    const Key = `taken/${what}`
    await s3.putObject({ Bucket, Key, Body: 'another' })
    await expect(upload(target, { key: Key, overwrite: false }, film)).rejects.toThrow(KeyTakenError)
    expect(await s3.headObject({ Bucket, Key })).toMatchObject({ ContentLength: 7 })
    await upload(target, { key: Key }, film)
  })

  for (const checksum of ['CRC64NVME', 'CRC32', 'CRC32C', 'NONE'] as const) {
    contract(`straight to the store, an upload ${what} has the checksum ${checksum}`, async (target) => {
      const result = await upload(target, { key: `sum/${what}`, checksum }, film)
      const isKept = keepsChecksums && checksum !== 'NONE'
      expect(result.verified).toBe(isKept ? 'checksum' : 'etag')
      if (isKept) expect(result.checksum?.algorithm).toBe(checksum)
    })
  }
}

contract('an object that appears while parts are sent is not replaced by them', async (target) => {
  const { s3, Bucket } = target
  const Key = 'appears'
  const begun = await begin(target, { key: Key, overwrite: false, concurrency: 1 }, FILM)
  begun.on('initiated', () => void s3.putObject({ Bucket, Key, Body: 'another' }))
  await expect(begun.result).rejects.toThrow(KeyTakenError)
  expect(await s3.headObject({ Bucket, Key })).toMatchObject({ ContentLength: 7 })
})

for (const [what, film] of [...SHAPES, ['of no bytes', Buffer.alloc(0)]] as const) {
  contract(`a stream ${what} becomes an object that is proved`, async (target) => {
    const { s3, Bucket } = target
    const client = await open(target)
    const options = { key: `streams/${what}`, partSize: PART, headers: { cacheControl: 'no-cache' } }
    const result = await client.uploadStream(Readable.from([film]), options).result
    expect(result).toMatchObject({ size: film.length, verified: keepsChecksums ? 'checksum' : 'etag' })
    const { Body, CacheControl } = await s3.getObject({ Bucket, Key: result.key })
    expect(film.equals((await Body?.transformToByteArray()) ?? new Uint8Array())).toBe(true)
    expect(CacheControl).toBe('no-cache')
  })
}

contract('of a stream that breaks, nothing is left', async (target) => {
  const { s3, Bucket } = target
  async function* broken() {
    yield FILM
    throw new Error('broken')
  }
  const client = await open(target)
  const upload = client.uploadStream(broken(), { key: 'broken', partSize: PART })
  await expect(upload.result).rejects.toThrow(/broken.*Its parts are dropped/)
  const { Uploads = [] } = await s3.listMultipartUploads({ Bucket, Prefix: 'broken' })
  expect(Uploads).toEqual([])
})

/** Sends the film; what the store then has is the film, or this throws. */
async function upload(target: Target, options: S3UploadOptions, film: Buffer): Promise<UploadResult> {
  const { s3, Bucket } = target
  const result = await (await begin(target, options, film)).result
  const { Body } = await s3.getObject({ Bucket, Key: result.key })
  expect(film.equals((await Body?.transformToByteArray()) ?? new Uint8Array())).toBe(true)
  return result
}

async function begin(target: Target, options: S3UploadOptions, film: Buffer): Promise<Upload> {
  const path = join(await temporaryFolder(), 'film.mov')
  await writeFile(path, film)
  const source = await openFile(path)
  onTestFinished(() => source.close())
  const client = await open(target)
  return client.upload(source, { partSize: PART, ...options })
}

async function open({ Bucket, engine }: Target): Promise<S3Client> {
  const { endpoint, region, credentials } = engine
  const state = join(await temporaryFolder(), 'state')
  const client = createS3Client({ bucket: Bucket, endpoint, region, credentials, state })
  onTestFinished(() => client.close())
  return client
}
