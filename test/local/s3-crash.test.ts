import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { expect, onTestFinished, test } from 'vitest'
import { BUCKET, clientOf, MIB, startTestS3 } from './s3-harness.ts'

const Bucket = BUCKET
const ROUNDS = 4
const LANES = 4
const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000)

/** What the server has acknowledged, and what was on its way when it died. Bytes stand by their MD5. */
interface Ledger {
  objects: Map<string, string>
  /** All bytes sent for a key since the last check, acknowledged or not. */
  sent: Map<string, Set<string>>
  uploads: Map<string, UploadLedger>
  /** Keys whose upload was asked for; its id may have been lost with the server. */
  created: Map<string, UploadLedger>
}

interface UploadLedger {
  key: string
  sent: Map<number, string>
  acknowledged: Map<number, string>
  completing: boolean
}

test(`after kill -9 every acknowledged object and part is whole, and nothing else is there (seed ${seed})`, async () => {
  const random = mulberry32(seed)
  const dataDir = await mkdtemp(join(tmpdir(), 'partway-crash-'))
  const ledger: Ledger = { objects: new Map(), sent: new Map(), uploads: new Map(), created: new Map() }
  let child = await startChild(dataDir)
  onTestFinished(async () => {
    child.process.kill('SIGKILL')
    await rm(dataDir, { recursive: true })
  })
  await child.client.send(new CreateBucketCommand({ Bucket }))
  for (let round = 0; round < ROUNDS; round++) {
    const dead = new AbortController()
    const lanes = Array.from({ length: LANES }, (_, lane) =>
      write(child.client, ledger, random, `${round}-${lane}`, dead.signal),
    )
    await sleep(100 + random() * 400)
    // On a busy machine, nothing may have been acknowledged by then.
    await expect.poll(() => ledger.objects.size).toBeGreaterThan(round + 1)
    child.process.kill('SIGKILL')
    await once(child.process, 'exit')
    dead.abort()
    await Promise.all(lanes)
    child = await startChild(dataDir)
    await check(child.client, ledger)
    await expect.poll(() => strayFiles(dataDir, ledger)).toEqual([])
  }
  expect(ledger.objects.size).toBeGreaterThan(ROUNDS)
  await completeAll(child.client)
})

test('a start removes what a crash can leave in the middle of a write', async () => {
  const s3 = await startTestS3()
  await s3.client.send(new PutObjectCommand({ Bucket, Key: 'kept', Body: 'kept' }))
  const { UploadId = '' } = await s3.client.send(new CreateMultipartUploadCommand({ Bucket, Key: 'upload' }))
  const part = { Bucket, Key: 'upload', UploadId, PartNumber: 1 }
  await s3.client.send(new UploadPartCommand({ ...part, Body: 'old' }))
  const buckets = join(s3.dataDir, 'buckets')
  const data = join(buckets, Bucket, 'data')
  const [old = ''] = (await readdir(join(data, UploadId))).filter((name) => name.startsWith('00001'))
  await s3.client.send(new UploadPartCommand({ ...part, Body: 'new' }))
  const before = await readdir(buckets, { recursive: true })
  await s3.server.close()
  const half = join(data, 'upload without record')
  await Promise.all([mkdir(half), mkdir(join(buckets, 'half-made', 'data'), { recursive: true })])
  const leftovers = [
    join(buckets, Bucket, 'bucket.json.1.tmp'),
    join(buckets, Bucket, 'objects', 'x.json.1.tmp'),
    join(data, 'bytes without record'),
    join(half, 'part.1.tmp'),
    join(data, UploadId, 'part.1.tmp'),
    join(data, UploadId, old),
  ]
  for (const path of leftovers) await writeFile(path, 'torn')
  await s3.restart()
  const names = async () => (await readdir(buckets, { recursive: true })).sort()
  await expect.poll(names).toEqual(before.filter((name) => !name.endsWith(old)).sort())
  const { Parts = [] } = await s3.client.send(new ListPartsCommand({ Bucket, Key: 'upload', UploadId }))
  expect(Parts.map(({ ETag }) => ETag)).toEqual([`"${md5(Buffer.from('new'))}"`])
})

/** Writes objects and multipart uploads, one after the other, until the server is dead. */
async function write(
  client: S3Client,
  ledger: Ledger,
  random: () => number,
  lane: string,
  dead: AbortSignal,
): Promise<void> {
  try {
    for (let number = 0; !dead.aborted; number++) {
      if (random() < 0.6) await putObject(client, ledger, `key ${Math.floor(random() * 8)}`, bytesOf(random))
      else await upload(client, ledger, random, `upload ${lane} ${number}`)
    }
  } catch (error) {
    // The only error that a dying server causes is a broken connection, which has no status.
    if (error instanceof Error && '$response' in error && error.$response !== undefined) throw error
  }
}

async function putObject(
  client: S3Client,
  { objects, sent }: Ledger,
  Key: string,
  Body: Buffer,
): Promise<void> {
  // Two lanes may write one key at once: whichever comes last, its bytes are among those sent.
  sent.set(Key, (sent.get(Key) ?? new Set()).add(md5(Body)))
  await client.send(new PutObjectCommand({ Bucket, Key, Body }))
  objects.set(Key, md5(Body))
}

async function upload(client: S3Client, ledger: Ledger, random: () => number, Key: string): Promise<void> {
  const state = {
    key: Key,
    sent: new Map<number, string>(),
    acknowledged: new Map<number, string>(),
    completing: false,
  }
  ledger.created.set(Key, state)
  const { UploadId = '' } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }))
  ledger.uploads.set(UploadId, state)
  const bodies = [Buffer.alloc(5 * MIB, random() * 256), bytesOf(random)]
  for (const [at, Body] of bodies.entries()) {
    state.sent.set(at + 1, md5(Body))
    await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: at + 1, Body }))
    state.acknowledged.set(at + 1, md5(Body))
  }
  if (random() < 0.4) return
  state.completing = true
  const Parts = [...state.acknowledged].map(([PartNumber, ETag]) => ({ PartNumber, ETag }))
  const whole = md5(Buffer.concat(bodies))
  ledger.sent.set(Key, new Set([whole]))
  await client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }))
  ledger.objects.set(Key, whole)
  ledger.uploads.delete(UploadId)
}

/** Compares the restarted server with the ledger, and lets the ledger forget what may go either way. */
async function check(client: S3Client, { created, objects, sent, uploads }: Ledger): Promise<void> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }))
  const keys = Contents.map(({ Key = '' }) => Key)
  expect(keys).toEqual(expect.arrayContaining([...objects.keys()]))
  for (const Key of keys) {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }))
    const found = md5((await Body?.transformToByteArray()) ?? new Uint8Array())
    expect([...(sent.get(Key) ?? [])]).toContain(found)
    objects.set(Key, found)
    sent.set(Key, new Set([found]))
  }
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }))
  for (const { Key = '', UploadId = '' } of Uploads) {
    const state = uploads.get(UploadId) ?? created.get(Key) ?? expect.fail(`nobody created ${UploadId}`)
    uploads.set(UploadId, state)
    const { Parts = [] } = await client.send(new ListPartsCommand({ Bucket, Key, UploadId }))
    const found = new Map(
      Parts.map(({ PartNumber = 0, ETag = '' }) => [PartNumber, ETag.replaceAll('"', '')]),
    )
    for (const [number, hash] of state.acknowledged) expect(found.get(number)).toBe(hash)
    for (const [number, hash] of found) expect(state.sent.get(number)).toBe(hash)
  }
  const listed = new Set(Uploads.map(({ UploadId }) => UploadId))
  for (const [uploadId, { key, completing }] of uploads) {
    if (listed.has(uploadId)) continue
    expect(completing && objects.has(key)).toBe(true)
    uploads.delete(uploadId)
  }
}

/** Makes an object of every upload left over, whose parts have to be the bytes that their ETags promise. */
async function completeAll(client: S3Client): Promise<void> {
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }))
  for (const { Key, UploadId } of Uploads) {
    const { Parts = [] } = await client.send(new ListPartsCommand({ Bucket, Key, UploadId }))
    if (Parts.length === 0) continue
    const named = Parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag }))
    const MultipartUpload = { Parts: named }
    await client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }))
    for (const [at, { ETag }] of named.entries()) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, PartNumber: at + 1 }))
      expect(`"${md5((await Body?.transformToByteArray()) ?? new Uint8Array())}"`).toBe(ETag)
    }
  }
}

/** Temporary files, and files that belong to no object and no upload. */
async function strayFiles(dataDir: string, { objects, uploads }: Ledger): Promise<string[]> {
  const names = await readdir(join(dataDir, 'buckets', Bucket), { recursive: true })
  const data = await readdir(join(dataDir, 'buckets', Bucket, 'data'))
  const unowned = data.length - objects.size - uploads.size
  return [...names.filter((name) => name.endsWith('.tmp')), ...data.slice(0, Math.max(0, unowned))]
}

async function startChild(dataDir: string): Promise<{ process: ChildProcess; client: S3Client }> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.resolve('./s3-child.ts')), dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(child.stdout, 'data')
  return { process: child, client: clientOf({ port: Number(String(line)) }) }
}

function bytesOf(random: () => number): Buffer {
  return Buffer.alloc(Math.floor(random() * 2 * MIB) + 1, Math.floor(random() * 256))
}

function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex')
}

/** A small seeded generator, so that a failure can be had again. */
function mulberry32(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
