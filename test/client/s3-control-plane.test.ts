import { createHash } from 'node:crypto'
import { S3Client as Sdk } from '@aws-sdk/client-s3'
import { expect, onTestFinished, test } from 'vitest'
import type { ControlPlane } from '../../client/control-plane.ts'
import type { ApiError } from '../../client/errors.ts'
import { type Connections, createConnections } from '../../client/node/http.ts'
import { createS3ControlPlane, type S3Target } from '../../client/node/s3/control-plane.ts'
import type { AwsCredentials } from '../../client/node/s3/credentials.ts'
import { openStore, type S3StoreOptions } from '../../client/node/s3/store.ts'
import type { S3Options } from '../../local/s3/server.ts'
import { plan } from '../../protocol/part-plan.ts'
import type { InitiateResponse, MultipartUpload, SignedParts, SingleUpload } from '../../protocol/schemas.ts'
import { unpackSignedParts } from '../../protocol/signed-parts.ts'
import { BUCKET, MIB, root, startTestS3, type TestS3 } from '../local/s3-harness.ts'
import { pseudoRandom } from './servers.ts'

const { signal } = new AbortController()
const PART = 5 * MIB
const SIZE = PART + 1000
const BYTES = new Uint8Array(pseudoRandom(SIZE))
const TIMING = { retryBaseMs: 1, retryCapMs: 5 }

interface Stage {
  s3: TestS3
  plane: ControlPlane
  /** Another one, as of another process. */
  open(target?: S3Target, options?: Partial<S3StoreOptions>): ControlPlane
}

async function stage(
  target: S3Target = { key: 'films/a b.mov' },
  options: Partial<S3StoreOptions> = {},
  server: Partial<S3Options> = {},
): Promise<Stage> {
  const s3 = await startTestS3(server)
  const connections = createConnections()
  onTestFinished(() => connections.close())
  const open = (target: S3Target = { key: 'films/a b.mov' }, options: Partial<S3StoreOptions> = {}) =>
    planeAt(s3, connections, target, options)
  return { s3, plane: open(target, options), open }
}

function planeAt(
  { server }: Pick<TestS3, 'server'>,
  connections: Connections,
  target: S3Target,
  options: Partial<S3StoreOptions>,
): ControlPlane {
  const store = openStore(
    { bucket: BUCKET, endpoint: server.url, credentials: root, timing: TIMING, ...options },
    connections,
  )
  return createS3ControlPlane(store, target)
}

async function begin(plane: ControlPlane, size = SIZE): Promise<MultipartUpload> {
  const answer = await plane.initiate({ fileName: 'a b.mov', size, partSize: PART }, signal)
  if (answer.kind !== 'multipart') throw new Error('Expected an upload in parts.')
  return answer
}

async function beginSingle(
  plane: ControlPlane,
  request = { fileName: 'small', size: 5 },
): Promise<SingleUpload> {
  const answer: InitiateResponse = await plane.initiate(request, signal)
  if (answer.kind !== 'single') throw new Error('Expected a single PUT.')
  return answer
}

async function sendParts(
  upload: MultipartUpload,
  signed: SignedParts = upload.signed,
  bytes = BYTES,
): Promise<number[]> {
  const statuses: number[] = []
  for (const { partNumber, url, headers } of unpackSignedParts(signed, upload)) {
    const body = bytes.subarray((partNumber - 1) * PART, partNumber * PART)
    statuses.push((await fetch(url, { method: 'PUT', headers, body })).status)
  }
  return statuses
}

const put = (single: SingleUpload, body = 'bytes') =>
  fetch(single.url, { method: 'PUT', headers: single.headers, body }).then(({ status }) => status)

const problemOf = (answer: Promise<unknown>): Promise<ApiError> =>
  answer.then(
    () => expect.fail('expected a problem, got an answer'),
    (error: ApiError) => error,
  )

test('an upload in parts becomes an object at the key, with type, metadata and the whole’s checksum', async () => {
  const { plane } = await stage()
  const request = {
    fileName: 'ä.mov',
    size: SIZE,
    partSize: PART,
    contentType: 'video/mp4',
    metadata: { a: 'ö' },
  }
  const upload = (await plane.initiate(request, signal)) as MultipartUpload
  expect(upload).toMatchObject({ key: 'films/a b.mov', ...plan(SIZE, PART), checksumAlgorithm: 'CRC64NVME' })
  expect(await sendParts(upload)).toEqual([200, 200])
  const listed = await plane.listParts(upload, signal)
  expect(listed).toMatchObject({ ...plan(SIZE, PART), checksumAlgorithm: 'CRC64NVME' })
  expect(listed.parts.map(({ partNumber, size }) => [partNumber, size])).toEqual([
    [1, PART],
    [2, 1000],
  ])
  expect(listed.parts[0]?.etag).toBe(createHash('md5').update(BYTES.subarray(0, PART)).digest('hex'))

  const done = await plane.complete(upload, {}, signal)
  expect(done).toMatchObject({ key: upload.key, size: SIZE, etag: expect.stringMatching(/^[0-9a-f]{32}-2$/) })
  expect(done.location).toMatch(/\/films\/films\/a%20b\.mov$/)
  const found = await plane.download({ key: upload.key }, signal)
  expect(found).toMatchObject({
    fileName: 'ä.mov',
    contentType: 'video/mp4',
    etag: done.etag,
    checksum: done.checksum,
    partCount: 2,
    partSize: PART,
  })
  expect(Buffer.from(await (await fetch(found.url)).arrayBuffer()).equals(BYTES)).toBe(true)
  expect(await plane.find?.(upload, signal)).toMatchObject({ size: SIZE, etag: done.etag })
})

test('a small file goes in one PUT, with its checksum signed; where nothing may be replaced, a second one is refused', async () => {
  const { plane } = await stage({ prefix: 'in/', overwrite: false })
  const single = await beginSingle(plane)
  expect(single).toMatchObject({ key: 'in/small', headers: { 'if-none-match': '*' } })
  expect(await plane.find?.(single, signal)).toBeUndefined()
  expect(await put(single)).toBe(200)
  expect(await put(single)).toBe(412)
  expect(await plane.find?.(single, signal)).toMatchObject({ size: 5 })
})

test('a request that is made again is the same upload’s: what the first try stored is found', async () => {
  const { plane } = await stage({ overwrite: false })
  const request = { fileName: 'small', size: 5 }
  const first = await beginSingle(plane, request)
  await put(first)
  const again = await beginSingle(plane, request)
  expect(await put(again)).toBe(412)
  expect(await plane.find?.(again, signal)).toMatchObject({ size: 5 })
})

test('an older object of the same size at the key never passes for the one that is to come', async () => {
  const { plane, s3 } = await stage()
  const older = await begin(plane)
  await sendParts(older)
  await plane.complete(older, {}, signal)
  const upload = await begin(plane)
  await sendParts(upload)
  expect(await plane.find?.(upload, signal)).toBeUndefined()
  await plane.abort(upload, signal)
  expect((await problemOf(plane.complete(upload, {}, signal))).type).toBe('upload-unknown')
  expect(await plane.complete(older, {}, signal)).toMatchObject({ size: SIZE })

  const single = await beginSingle(plane, { fileName: 'x', size: 5 })
  await s3.fetch({ method: 'PUT', path: `/${BUCKET}/films/a%20b.mov`, body: '12345' })
  expect(await plane.find?.(single, signal)).toBeUndefined()
})

test('complete repeated is answered as the first time, by this process and by another', async () => {
  const { plane, open } = await stage()
  const upload = await begin(plane)
  await sendParts(upload)
  const { location, ...first } = await plane.complete(upload, {}, signal)
  expect(await plane.complete(upload, {}, signal)).toEqual({ ...first, location })
  expect(await open().complete(upload, {}, signal)).toEqual({ ...first, location })
})

test('complete names what is missing and what differs, and makes no object of it', async () => {
  const { plane } = await stage()
  const upload = await begin(plane, 2 * PART + 1000)
  const [first] = [...unpackSignedParts(upload.signed, upload)]
  await fetch(first?.url ?? '', { method: 'PUT', body: BYTES.subarray(0, PART) })
  const parts = [{ partNumber: 1, etag: '0'.repeat(32) }, { partNumber: 2 }, { partNumber: 3 }]
  const problem = await problemOf(plane.complete(upload, { parts }, signal))
  expect(problem).toMatchObject({
    type: 'parts-missing',
    status: 409,
    body: { missing: [2, 3], mismatched: [1] },
  })
  expect((await problemOf(plane.download({ key: upload.key }, signal))).type).toBe('object-unknown')
})

test('a checksum that is not that of the parts is a mismatch, and the upload is kept', async () => {
  const { plane } = await stage()
  const upload = await begin(plane)
  await sendParts(upload)
  const checksum = { algorithm: 'CRC64NVME', value: 'AAAAAAAAAAA=' } as const
  const problem = await problemOf(plane.complete(upload, { checksum }, signal))
  expect(problem).toMatchObject({ type: 'checksum-mismatch', status: 422 })
  expect((await plane.listParts(upload, signal)).parts).toHaveLength(2)
})

test('an error in the body of a 200 is an error', async () => {
  const { plane, s3 } = await stage({ key: 'k', overwrite: false }, undefined, { completeDelayMs: 300 })
  const upload = await begin(plane)
  await sendParts(upload)
  const completed = problemOf(plane.complete(upload, {}, signal))
  await s3.fetch({ method: 'PUT', path: `/${BUCKET}/k`, body: 'came meanwhile' })
  expect((await completed).name).toBe('KeyTakenError')
})

test('where nothing may be replaced, that is told before a byte travels, and held at the end', async () => {
  const { plane, s3 } = await stage({ key: 'k', overwrite: false })
  const upload = await begin(plane)
  await sendParts(upload)
  await s3.fetch({ method: 'PUT', path: `/${BUCKET}/k`, body: 'came meanwhile' })
  expect((await problemOf(plane.complete(upload, {}, signal))).name).toBe('KeyTakenError')
  expect((await problemOf(begin(plane))).name).toBe('KeyTakenError')
})

test('abort forgets the parts, also the second time, and never touches an object', async () => {
  const { plane } = await stage()
  const done = await begin(plane)
  await sendParts(done)
  await plane.complete(done, {}, signal)
  const upload = await begin(plane)
  await sendParts(upload)
  for (const _ of [1, 2]) await plane.abort(upload, signal)
  await plane.abort(done, signal)
  expect((await problemOf(plane.listParts(upload, signal))).type).toBe('upload-unknown')
  expect(await plane.download({ key: done.key }, signal)).toMatchObject({ size: SIZE })
})

test('unfinished uploads are listed by prefix, in pages', async () => {
  const { open } = await stage()
  const keys = ['in/a', 'in/b ü&<', 'in/c']
  for (const key of [...keys, 'out/a']) await begin(open({ key }))
  const plane = open({ prefix: 'in/' })
  const first = await plane.listUploads({ limit: 2 }, signal)
  const second = await plane.listUploads({ limit: 2, cursor: first.next ?? '' }, signal)
  expect([...first.uploads, ...second.uploads].map(({ key }) => key)).toEqual(keys)
  expect(first.uploads[1]).toMatchObject({ fileName: 'b ü&<', initiated: expect.stringMatching(/Z$/) })
  expect(second.next).toBeUndefined()
  for (const upload of first.uploads) await plane.abort(upload, signal)
  expect((await plane.listUploads({}, signal)).uploads).toHaveLength(1)
})

test('of the uploads that may be a file’s, those to its key are told with the plan that their parts speak for', async () => {
  const { open } = await stage()
  const like = { fileName: 'film', size: SIZE }
  const other = await begin(open({ key: 'in/film.old' }))
  await sendParts(other)
  const plane = open({ prefix: 'in/' })
  const begun = await plane.initiate({ ...like, partSize: PART }, signal)
  const { uploads } = await plane.listUploads({ like }, signal)
  expect(uploads).toEqual([expect.not.objectContaining({ size: SIZE })])

  await sendParts(begun as MultipartUpload)
  const {
    uploads: [found],
  } = await plane.listUploads({ like }, signal)
  expect(found).toMatchObject({ key: 'in/film', ...like, partSize: PART })
  const {
    uploads: [unlike],
  } = await plane.listUploads({ like: { ...like, size: SIZE + 1 } }, signal)
  expect(unlike).not.toHaveProperty('partSize')
})

test('an upload that was found is settled by its checksum, and without one is unknown', async () => {
  const { plane, open } = await stage()
  await sendParts(await begin(plane))
  const like = { fileName: 'a b.mov', size: SIZE }
  const [found = { key: '', uploadId: '' }] = (await open().listUploads({ like }, signal)).uploads
  const { checksum } = await plane.complete(found, {}, signal)
  if (!checksum) throw new Error('Expected a checksum.')
  expect(await plane.complete(found, { checksum }, signal)).toMatchObject({ size: SIZE, checksum })
  const another = { algorithm: 'CRC64NVME', value: 'AAAAAAAAAAA=' } as const
  for (const request of [{}, { checksum: another }]) {
    expect((await problemOf(plane.complete(found, request, signal))).type).toBe('upload-unknown')
  }
})

test('10,000 parts are listed in parallel pages', async () => {
  const { plane, s3 } = await stage(undefined, undefined, { dropPartBytes: true })
  const upload = await begin(plane, PART * 10_000)
  for (const window of [
    [1, 3],
    [999, 1002],
    [9999, 10_000],
  ] as const) {
    const signed = await plane.presign(upload, { from: window[0], to: window[1] }, signal)
    for (const { url } of unpackSignedParts(signed, upload)) {
      expect((await fetch(url, { method: 'PUT', body: BYTES.subarray(0, PART) })).status).toBe(200)
    }
  }
  const { parts } = await plane.listParts(upload, signal)
  expect(parts.map(({ partNumber }) => partNumber)).toEqual([1, 2, 3, 999, 1000, 1001, 1002, 9999, 10_000])
  expect(s3.server.port).toBeGreaterThan(0)
})

test('a part’s checksum that is signed in holds the store to it', async () => {
  const { plane } = await stage()
  const upload = await begin(plane)
  const checksums = { algorithm: 'CRC32', values: { 2: 'AAAAAA==' } } as const
  const signed = await plane.presign(upload, [2], signal, checksums)
  expect(signed).toMatchObject({
    parts: [{ partNumber: 2, size: 1000, headers: { 'x-amz-checksum-crc32': 'AAAAAA==' } }],
  })
  expect(await sendParts(upload, signed)).toEqual([400])
})

test.each([
  ['no such bucket', { bucket: 'elsewhere' }, 404, /NoSuchBucket.*endpoint/],
  ['another region', { region: 'eu-west-1' }, 400, /us-east-1.*region/],
  ['a mistyped secret', { credentials: { ...root, secretAccessKey: 'no' } }, 403, /secret access key/],
  ['a mistyped id', { credentials: { ...root, accessKeyId: 'no' } }, 403, /access key id/],
])('%s is a clear error at once', async (_, options, status, message) => {
  const { plane } = await stage(undefined, options)
  const problem = await problemOf(begin(plane))
  expect(problem).toMatchObject({ name: 'ApiError', status })
  expect(problem.message).toMatch(message)
  expect(problem.type).toBeUndefined()
})

test('AccessDenied with live credentials is a clear error at once, and nobody waits', async () => {
  const allows = (action: string) => action !== 's3:ListMultipartUploadParts'
  const { plane } = await stage(undefined, undefined, {
    findPrincipal: (id) =>
      id === root.accessKeyId
        ? { ...root, allows: (action) => action === 's3:CreateBucket' || allows(action) }
        : undefined,
  })
  const upload = await begin(plane)
  const problem = await problemOf(plane.listParts(upload, signal))
  expect(problem).toMatchObject({ status: 403, resumable: true })
  expect(problem.message).toMatch(/AccessDenied.*s3:ListMultipartUploadParts.*allowed/)
  expect(plane.waits?.current).toBeUndefined()
})

test('a refusal of HEAD, which has no body, is explained all the same', async () => {
  const { plane } = await stage(undefined, undefined, {
    findPrincipal: (id) =>
      id === root.accessKeyId ? { ...root, allows: (action) => action !== 's3:GetObject' } : undefined,
  })
  expect((await problemOf(plane.download({ key: 'k' }, signal))).message).toMatch(
    /AccessDenied.*s3:GetObject/,
  )
})

/** A server with sessions that end: `die()` lets the current one expire, `renew()` opens another. */
async function stageOfSessions() {
  let sessions = 0
  const known = new Map<string, AwsCredentials & { expiresAt?: Date }>()
  const renew = (): AwsCredentials => {
    const accessKeyId = `ASIA${++sessions}`
    const session = { accessKeyId, secretAccessKey: `secret ${sessions}`, sessionToken: `token ${sessions}` }
    known.set(accessKeyId, session)
    return session
  }
  const die = (): void => {
    for (const [id, session] of known) known.set(id, { ...session, expiresAt: new Date(0) })
  }
  const current = { credentials: renew() }
  const staged = await stage(
    undefined,
    { credentials: async () => current.credentials },
    {
      findPrincipal: (id) => {
        const session = known.get(id)
        return id === root.accessKeyId ? root : session && { ...session, allows: () => true }
      },
    },
  )
  return { ...staged, die, renew: () => Object.assign(current, { credentials: renew() }) }
}

test('a session that has expired is replaced at once where there is another', async () => {
  const { plane, die, renew } = await stageOfSessions()
  const upload = await begin(plane)
  die()
  renew()
  const waits: unknown[] = []
  plane.waits?.subscribe(() => waits.push(plane.waits?.current))
  expect((await plane.listParts(upload, signal)).parts).toEqual([])
  expect(waits).toEqual([])
})

test.each([
  ['list-parts', (plane: ControlPlane, upload: MultipartUpload) => plane.listParts(upload, signal)],
  ['complete', (plane: ControlPlane, upload: MultipartUpload) => plane.complete(upload, {}, signal)],
  ['abort', (plane: ControlPlane, upload: MultipartUpload) => plane.abort(upload, signal)],
  [
    'presign, of parts that were signed before',
    (plane: ControlPlane, upload: MultipartUpload) => plane.presign(upload, { from: 1, to: 2 }, signal),
  ],
  ['find, a HEAD', (plane: ControlPlane, upload: MultipartUpload) => plane.find?.(upload, signal)],
])('with an expired session, %s waits, says so, and goes on by itself', async (_, call) => {
  const { plane, die, renew } = await stageOfSessions()
  const upload = await begin(plane)
  await sendParts(upload)
  die()
  const waiting = Promise.withResolvers<void>()
  plane.waits?.subscribe(() => plane.waits?.current && waiting.resolve())
  let settled = false
  const answer = Promise.resolve(call(plane, upload)).finally(() => {
    settled = true
  })
  await waiting.promise
  expect(plane.waits?.current).toEqual({ for: 'credentials', message: expect.stringContaining('Renew them') })
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(settled).toBe(false)
  renew()
  await answer
  expect(plane.waits?.current).toBeUndefined()
})

test('URLs that died with their session are signed again with a live one', async () => {
  const { plane, die, renew } = await stageOfSessions()
  const upload = await begin(plane)
  die()
  expect(await sendParts(upload)).toEqual([400, 400])
  setTimeout(renew, 20)
  expect(await sendParts(upload, await plane.presign(upload, { from: 1, to: 2 }, signal))).toEqual([200, 200])
})

test('a key that was taken before and is withdrawn is waited for, too', async () => {
  let live = 'first'
  const { plane } = await stage(
    undefined,
    { credentials: async () => ({ ...root, accessKeyId: live }) },
    { findPrincipal: (id) => (id === live || id === root.accessKeyId ? root : undefined) },
  )
  const upload = await begin(plane)
  live = 'second'
  expect(await plane.listParts(upload, signal)).toMatchObject({ parts: [] })
})

test.each([20, -20])('with a clock that is %i minutes off, everything goes as ever', async (minutes) => {
  const { plane } = await stage(undefined, { timeOfDay: () => new Date(Date.now() + minutes * 60_000) })
  const upload = await begin(plane)
  expect(await sendParts(upload)).toEqual([200, 200])
  await plane.complete(upload, {}, signal)
})

test('a clock that goes wrong midway is noticed when URLs are signed again', async () => {
  let minutes = 0
  const { plane } = await stage(undefined, {
    urlLifetime: 60,
    timeOfDay: () => new Date(Date.now() + minutes * 60_000),
  })
  const upload = await begin(plane, PART * 1001)
  minutes = -20
  const stale = await plane.presign(upload, { from: 1001, to: 1001 }, signal)
  expect(await sendParts(upload, stale, BYTES.subarray(0, PART))).toEqual([403])
  const signed = await plane.presign(upload, { from: 1001, to: 1001 }, signal)
  const [part] = unpackSignedParts(signed, upload)
  expect((await fetch(part?.url ?? '', { method: 'PUT', body: BYTES.subarray(0, PART) })).status).toBe(200)
})

test('URLs live no longer than the session that signs them', async () => {
  const expiration = new Date(Date.now() + 600_000)
  const { plane } = await stage(undefined, { credentials: async () => ({ ...root, expiration }) })
  const { signed } = await begin(plane)
  expect(signed.expiresIn).toBeGreaterThan(590)
  expect(signed.expiresIn).toBeLessThanOrEqual(600)
})

test('the SDK’s own provider can be passed as it is', async () => {
  const sdk = new Sdk({
    region: 'us-east-1',
    credentials: { accessKeyId: 'partway', secretAccessKey: 'partwaylocal' },
  })
  const { plane } = await stage(undefined, { credentials: sdk.config.credentials })
  expect(await begin(plane)).toMatchObject({ kind: 'multipart' })
})

test.each(['a/../b', '.', 'a/./b', ''])('the key %j, which no URL can hold, is refused', async (key) => {
  const { open } = await stage()
  expect(() => open({ key })).toThrow(TypeError)
})

test('the file’s name goes behind the prefix, and metadata may not take the mark’s name', async () => {
  const { open } = await stage()
  const plane = open({ prefix: 'in/' })
  expect(await beginSingle(plane, { fileName: 'a (1).txt', size: 5 })).toMatchObject({ key: 'in/a (1).txt' })
  const request = { fileName: 'a', size: 5, metadata: { 'partway-upload': 'x' } }
  expect(await problemOf(plane.initiate(request, signal))).toMatchObject({
    type: 'invalid-request',
    status: 400,
  })
})
