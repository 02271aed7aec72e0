import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  type AwsCredentials,
  createS3Client,
  openFile,
  type S3Client,
  type S3ClientOptions,
  type S3UploadOptions,
  type UploadResult,
} from '../../client/node/index.ts'
import type { S3Options } from '../../local/s3/server.ts'
import { BUCKET, MIB, root, startTestS3 } from '../local/s3-harness.ts'
import { pseudoRandom, serve, temporaryFolder } from './servers.ts'

const TIMING = { retryBaseMs: 5, retryCapMs: 50 }

/** The whole client, straight to the local S3. */
async function stage(options: Partial<S3ClientOptions> = {}, server: Partial<S3Options> = {}) {
  const s3 = await startTestS3(server)
  const folder = await temporaryFolder()
  const open = (more: Partial<S3ClientOptions> = {}): S3Client => {
    const client = createS3Client({
      bucket: BUCKET,
      endpoint: s3.server.url,
      credentials: root,
      state: join(folder, '.state'),
      timing: TIMING,
      ...options,
      ...more,
    })
    onTestFinished(() => client.close())
    return client
  }
  const client = open()

  async function write(name: string, size: number, seed = 1) {
    const bytes = pseudoRandom(size, seed)
    await writeFile(join(folder, name), bytes)
    return bytes
  }

  async function begin(name: string, options: S3UploadOptions = {}, with_ = client) {
    const source = await openFile(join(folder, name))
    onTestFinished(() => source.close())
    return with_.upload(source, { partSize: 5 * MIB, concurrency: 2, ...options })
  }

  const send = async (name: string, options?: S3UploadOptions): Promise<UploadResult> =>
    (await begin(name, options)).result

  async function fetchBack(key: string, with_ = client): Promise<string> {
    const output = join(folder, 'back')
    await with_.download(key, { output, replace: true }).result
    return sha256(await readFile(output))
  }

  return { s3, client, open, write, begin, send, fetchBack }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

test.each([
  ['in parts', 12 * MIB],
  ['in one PUT', 1000],
  ['of no bytes', 0],
])('a file %s goes to the key that is asked for, and comes back', async (_, size) => {
  const { write, send, fetchBack } = await stage({ prefix: 'in/' })
  const bytes = await write('film ü.mov', size)
  expect(await send('film ü.mov')).toMatchObject({ key: 'in/film ü.mov', size, verified: 'checksum' })
  expect(await send('film ü.mov', { key: 'a b/c' })).toMatchObject({ key: 'a b/c', size })
  expect(await fetchBack('in/film ü.mov')).toBe(sha256(bytes))
  expect(await fetchBack('a b/c')).toBe(sha256(bytes))
})

test.each([
  ['in parts', 12 * MIB],
  ['in one PUT', 1000],
])('an object is replaced unless told otherwise, by a file %s', async (_, size) => {
  const { write, send, fetchBack } = await stage()
  await write('film', size, 1)
  await send('film')
  const bytes = await write('film', size, 2)
  await expect(send('film', { overwrite: false })).rejects.toMatchObject({
    name: 'KeyTakenError',
    resumable: false,
  })
  await send('film')
  expect(await fetchBack('film')).toBe(sha256(bytes))
})

test.each([
  ['in parts', 12 * MIB, 20],
  ['in parts', 12 * MIB, -80],
  ['in one PUT', 1000, 20],
  ['in one PUT', 1000, -80],
])('a file %s, of %i bytes, goes and comes with a clock that is %i minutes off', async (_, size, minutes) => {
  const timeOfDay = () => new Date(Date.now() + minutes * 60_000)
  const { write, send, fetchBack } = await stage({ timeOfDay })
  const bytes = await write('film', size)
  await send('film')
  expect(await fetchBack('film')).toBe(sha256(bytes))
})

/** Sessions that end when a test says so. */
function sessions() {
  let count = 0
  const known = new Map<string, AwsCredentials & { expiresAt?: Date }>()
  const renew = (): void => {
    const accessKeyId = `ASIA${++count}`
    state.current = { accessKeyId, secretAccessKey: `secret ${count}`, sessionToken: `token ${count}` }
    known.set(accessKeyId, state.current)
  }
  const state = {
    current: root as AwsCredentials,
    renew,
    end(): void {
      for (const [id, session] of known) known.set(id, { ...session, expiresAt: new Date(0) })
    },
    credentials: async () => state.current,
    findPrincipal: (id: string) => {
      const session = known.get(id)
      return id === root.accessKeyId ? root : session && { ...session, allows: () => true }
    },
  }
  renew()
  return state
}

test('a session that ends midway is a state of waiting for credentials, and the upload goes on by itself', async () => {
  const session = sessions()
  const { write, begin, fetchBack } = await stage(
    { credentials: session.credentials },
    { findPrincipal: session.findPrincipal },
  )
  const bytes = await write('film', 32 * MIB)
  const upload = await begin('film')
  const states: string[] = []
  upload.on('part', ({ partNumber, state }) => {
    if (partNumber === 2 && state === 'done') session.end()
  })
  upload.on('state', ({ state }) => {
    states.push(state)
    if (state !== 'waiting') return
    expect(upload.snapshot().waitingFor).toEqual({
      for: 'credentials',
      message: expect.stringContaining('Renew'),
    })
    setTimeout(session.renew, 100)
  })
  const { bytesTransferred } = await upload.result
  expect(states).toEqual(['uploading', 'waiting', 'uploading', 'completing', 'done'])
  // Two lanes: what each had in flight may have gone for nothing.
  expect(bytesTransferred).toBeLessThanOrEqual((32 + 2 * 5) * MIB)
  expect(await fetchBack('film')).toBe(sha256(bytes))
})

test('a session that ended before the upload began is waited for, too, and the person can cancel meanwhile', async () => {
  const session = sessions()
  const { write, begin, s3 } = await stage(
    { credentials: session.credentials },
    { findPrincipal: session.findPrincipal },
  )
  session.end()
  await write('film', 12 * MIB)
  const upload = await begin('film')
  const waiting = Promise.withResolvers<void>()
  upload.on('state', ({ state }) => state === 'waiting' && waiting.resolve())
  await waiting.promise
  const cancelled = expect(upload.result).rejects.toMatchObject({ name: 'AbortedError' })
  session.renew()
  await upload.abort()
  await cancelled
  const listed = await s3.fetch({ path: `/${BUCKET}`, query: [['uploads', '']] })
  expect(listed.text).not.toContain('<UploadId>')
})

test('a download goes on by itself as well', async () => {
  const session = sessions()
  const { write, send, fetchBack, client } = await stage(
    { credentials: session.credentials },
    { findPrincipal: session.findPrincipal },
  )
  const bytes = await write('film', 12 * MIB)
  await send('film')
  session.end()
  client.api.waits?.subscribe(() => {
    if (client.api.waits?.current) setTimeout(session.renew, 50)
  })
  expect(await fetchBack('film')).toBe(sha256(bytes))
})

test('fixed credentials that end fail the upload, which the next run goes on with', async () => {
  const session = sessions()
  const { write, begin, open, fetchBack } = await stage(
    { credentials: session.current },
    { findPrincipal: session.findPrincipal },
  )
  const bytes = await write('film', 32 * MIB)
  const upload = await begin('film')
  upload.on('part', ({ partNumber, state }) => {
    if (partNumber === 3 && state === 'done') session.end()
  })
  await expect(upload.result).rejects.toMatchObject({ name: 'CredentialsError', resumable: true })
  session.renew()
  const next = open({ credentials: session.current })
  const { bytesResumed } = await (await begin('film', {}, next)).result
  expect(bytesResumed).toBeGreaterThanOrEqual(3 * 5 * MIB)
  expect(await fetchBack('film', next)).toBe(sha256(bytes))
})

test('without a journal, an upload to the key is found by its parts, and gone on with', async () => {
  const { write, begin, fetchBack, open } = await stage()
  const bytes = await write('film', 32 * MIB)
  const stop = new AbortController()
  const first = await begin('film', { key: 'a/b', signal: stop.signal })
  first.on('part', ({ partNumber, state }) => partNumber === 3 && state === 'done' && stop.abort())
  await expect(first.result).rejects.toMatchObject({ resumable: true })

  const elsewhere = open({ state: await temporaryFolder() })
  const { bytesResumed, key } = await (await begin('film', { key: 'a/b', resume: 'search' }, elsewhere))
    .result
  expect(bytesResumed).toBeGreaterThanOrEqual(3 * 5 * MIB)
  expect(await fetchBack(key)).toBe(sha256(bytes))
})

test.each([
  ['before it reaches the store', 'request'],
  ['after the store has done it', 'answer'],
] as const)(
  'a complete that is lost %s ends with the file’s object, though an older one of its size was there',
  async (_, lost) => {
    const { write, begin, send, s3, open, fetchBack } = await stage()
    await write('film', 12 * MIB, 1)
    await send('film')
    const bytes = await write('film', 12 * MIB, 2)
    const link = await lossyLink(s3.server.url, lost)
    const { etag } = await (await begin('film', {}, open({ endpoint: link.url }))).result
    expect(link.lost).toBe(1)
    expect(etag).toBe(etagOfParts(bytes))
    expect(await fetchBack('film')).toBe(sha256(bytes))
  },
)

/** Loses the first complete: before it has reached the store, or its answer. */
async function lossyLink(storeUrl: string, lose: 'request' | 'answer') {
  const link = { url: '', lost: 0 }
  link.url = await serve((incoming, outgoing) => {
    const { method, url = '/', headers } = incoming
    const isLost = method === 'POST' && url.includes('uploadId=') && link.lost === 0
    if (isLost) link.lost++
    if (isLost && lose === 'request') return outgoing.destroy()
    const onward = request(new URL(url, storeUrl), { method, headers }, (answer) => {
      if (isLost) {
        answer.resume().on('end', () => outgoing.destroy())
        return
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
      answer.pipe(outgoing)
    })
    return incoming.pipe(onward)
  })
  return link
}

function etagOfParts(bytes: Buffer): string {
  const md5 = (of: Uint8Array) => createHash('md5').update(of).digest()
  const parts = Array.from({ length: Math.ceil(bytes.length / (5 * MIB)) }, (_, index) =>
    md5(bytes.subarray(index * 5 * MIB, (index + 1) * 5 * MIB)),
  )
  return `${md5(Buffer.concat(parts)).toString('hex')}-${parts.length}`
}
