import { stat, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { expect, onTestFinished, test } from 'vitest'
import { createS3Client, KeyTakenError, openFile, type S3UploadOptions } from '../../client/node/index.ts'
import { BUCKET, MIB, root, startTestS3 } from '../local/s3-harness.ts'
import { pseudoRandom, serve, temporaryFolder } from './servers.ts'

const SMALL = 10 * 1024

/** What an upload costs in requests, and what becomes of an object that stands at its key. */
async function stage() {
  const s3 = await startTestS3()
  const folder = await temporaryFolder()
  const link = await openLink(s3.server.url)
  const state = join(folder, '.state')
  const client = createS3Client({
    bucket: BUCKET,
    endpoint: link.url,
    credentials: root,
    state,
    timing: { retryBaseMs: 5, retryCapMs: 50 },
  })
  onTestFinished(() => client.close())

  async function begin(size: number, options: S3UploadOptions = {}) {
    const path = join(folder, 'film')
    await writeFile(path, pseudoRandom(size))
    return again(options)
  }

  async function again(options: S3UploadOptions = {}) {
    const source = await openFile(join(folder, 'film'))
    onTestFinished(() => source.close())
    return client.upload(source, { partSize: 5 * MIB, concurrency: 1, ...options })
  }

  const occupy = () => s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'film', Body: 'another' }))
  return { s3, link, state, begin, again, occupy }
}

test('a small file that may replace what is there costs one PUT and nothing on the disk', async () => {
  const { link, state, begin, occupy } = await stage()
  await occupy()
  expect(await (await begin(SMALL)).result).toMatchObject({ verified: 'checksum' })
  expect(link.requests).toEqual(['PUT'])
  await expect(stat(state)).rejects.toThrow('ENOENT')
})

test('a small file that may not replace anything costs a HEAD more', async () => {
  const { link, begin, occupy } = await stage()
  await (await begin(SMALL, { overwrite: false })).result
  expect(link.requests).toEqual(['HEAD', 'PUT'])
  await occupy()
  await expect((await begin(SMALL, { overwrite: false })).result).rejects.toThrow(KeyTakenError)
  expect(link.requests).toEqual(['HEAD', 'PUT', 'HEAD'])
})

test.each([true, false])(
  'a PUT whose answer was lost is a success of its own (overwrite: %s)',
  async (overwrite) => {
    const { link, begin } = await stage()
    link.loses = 'PUT'
    expect(await (await begin(SMALL, { overwrite })).result).toMatchObject({ verified: 'checksum' })
    expect(link.requests.filter((method) => method === 'PUT')).toHaveLength(2)
  },
)

test('an object that appears before the PUT does is not replaced', async () => {
  const { link, begin, occupy } = await stage()
  link.before = async (method) => void (method === 'PUT' && (await occupy()))
  await expect((await begin(SMALL, { overwrite: false })).result).rejects.toThrow(KeyTakenError)
})

test('an object that appears midway is not replaced; the parts are kept, and become one once it may be', async () => {
  const { begin, again, occupy } = await stage()
  const upload = await begin(12 * MIB, { overwrite: false })
  upload.on('part', ({ partNumber, state }) => void (partNumber === 2 && state === 'sending' && occupy()))
  await expect(upload.result).rejects.toThrow(KeyTakenError)
  await expect((await again({ overwrite: false })).result).rejects.toThrow(KeyTakenError)
  expect(await (await again()).result).toMatchObject({ bytesTransferred: 0, bytesResumed: 12 * MIB })
})

test('parts of an earlier run are gone on with, however small the file is for this one', async () => {
  const { begin, again } = await stage()
  const stop = new AbortController()
  const upload = await begin(7 * MIB, { signal: stop.signal })
  upload.on('part', ({ state }) => void (state === 'done' && stop.abort()))
  await expect(upload.result).rejects.toMatchObject({ resumable: true })
  const { bytesResumed } = await (await again({ partSize: 8 * MIB })).result
  expect(bytesResumed).toBe(5 * MIB)
})

test('an upload that goes on keeps the checksum that it was begun with', async () => {
  const { begin, again } = await stage()
  const stop = new AbortController()
  const upload = await begin(12 * MIB, { signal: stop.signal, checksum: 'CRC32C' })
  upload.on('part', ({ state }) => void (state === 'done' && stop.abort()))
  await expect(upload.result).rejects.toMatchObject({ resumable: true })
  const { checksum, verified } = await (await again({ checksum: 'CRC64NVME' })).result
  expect({ algorithm: checksum?.algorithm, verified }).toEqual({ algorithm: 'CRC32C', verified: 'checksum' })
})

/** Passes everything on, counts it, and loses the first answer to a method. */
async function openLink(storeUrl: string) {
  const link = {
    url: '',
    requests: [] as string[],
    loses: undefined as string | undefined,
    before: async (_: string): Promise<void> => {},
  }
  link.url = await serve(async (incoming, outgoing) => {
    const { method = '', url = '/', headers } = incoming
    link.requests.push(method)
    await link.before(method)
    const isLost = method === link.loses
    if (isLost) link.loses = undefined
    const onward = request(new URL(url, storeUrl), { method, headers }, (answer) => {
      if (isLost) return answer.resume().on('end', () => outgoing.destroy())
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
      return answer.pipe(outgoing)
    })
    incoming.pipe(onward)
  })
  return link
}
