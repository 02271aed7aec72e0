import { spawnSync } from 'node:child_process'
import { lstat, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { toBase64 } from '../../checksums/base64.ts'
import { createCrc } from '../../checksums/crc.ts'
import { createApi } from '../../client/api.ts'
import { type DownloadOptions, download } from '../../client/node/download.ts'
import { createConnections } from '../../client/node/http.ts'
import {
  FileExistsError,
  IntegrityError,
  NotRegularFileError,
  ObjectChangedError,
  StoreError,
} from '../../client/node/index.ts'
import type { DownloadResponse } from '../../protocol/schemas.ts'
import { pseudoRandom, sendJson, serve, temporaryFolder } from './servers.ts'

const MIB = 1024 * 1024
const KEY = 'uploads/public/x/film.mov'

/** Answers a GET of the store itself, and says so by `true`. */
type Trouble = (request: IncomingMessage, response: ServerResponse, nth: number) => boolean

interface Setting {
  object?: Buffer
  answer?: Partial<DownloadResponse>
  trouble?: Trouble
}

/** An API and a store on one server, with one object. */
async function setting({
  object = pseudoRandom(5 * MIB + 3),
  answer = {},
  trouble = () => false,
}: Setting = {}) {
  const ranges: string[] = []
  let signed = 0
  const url = await serve((request, response) => {
    if (request.method === 'POST') {
      signed++
      const value = toBase64(createCrc('CRC64NVME').update(object).digest())
      return sendJson(response, 200, {
        key: KEY,
        url: `${url}/object?signature=${signed}`,
        fileName: 'film.mov',
        size: object.length,
        etag: 'abc',
        checksum: { algorithm: 'CRC64NVME', value },
        contentType: 'video/quicktime',
        partSize: MIB + 17,
        expiresAt: '2026-11-21T00:00:00Z',
        expiresIn: 3600,
        ...answer,
      })
    }
    const { range = '' } = request.headers
    ranges.push(range)
    if (trouble(request, response, ranges.length)) return
    if (request.headers['if-match'] !== '"abc"') return void response.writeHead(412).end()
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? []
    const bytes = object.subarray(Number(first), Number(last) + 1)
    response
      .writeHead(206, {
        'content-range': `bytes ${first}-${last}/${object.length}`,
        'content-length': bytes.length,
      })
      .end(bytes)
  })
  const folder = await temporaryFolder()
  const connections = createConnections()
  onTestFinished(() => connections.close())
  const ports = { api: createApi({ url }), connections, random: () => 0 }
  const begin = (options: DownloadOptions = {}) => download(KEY, ports, { output: folder, ...options })
  return { object, folder, ranges, begin, signatures: () => signed }
}

test('an object comes back whole, in ranges, under its own name, verified by checksum', async () => {
  const { object, folder, ranges, begin, signatures } = await setting()
  const run = begin()
  const result = await run.result
  expect(result).toMatchObject({ path: join(folder, 'film.mov'), size: object.length, verified: 'checksum' })
  expect((await readFile(result.path)).equals(object)).toBe(true)
  expect(ranges).toHaveLength(5)
  expect(signatures()).toBe(1)
  expect(await readdir(folder)).toEqual(['film.mov'])
  expect(run.snapshot()).toMatchObject({ bytesReceived: object.length, size: object.length, eta: 0 })
})

test('an empty object comes back without a range', async () => {
  const { ranges, begin } = await setting({ object: Buffer.alloc(0) })
  const { path, verified } = await begin().result
  expect(await readFile(path)).toHaveLength(0)
  expect(verified).toBe('checksum')
  expect(ranges).toEqual([])
})

test('a range whose connection breaks goes on where it broke', async () => {
  let broken = false
  const { object, ranges, begin } = await setting({
    object: pseudoRandom(4 * MIB),
    answer: { partSize: 4 * MIB },
    trouble(_, response) {
      if (broken) return false
      broken = true
      response.writeHead(206, {
        'content-range': `bytes 0-${4 * MIB - 1}/${4 * MIB}`,
        'content-length': 4 * MIB,
      })
      response.write(object.subarray(0, 2 * MIB), () => response.socket?.end())
      return true
    },
  })
  const { path, verified } = await begin().result
  expect((await readFile(path)).equals(object)).toBe(true)
  expect(verified).toBe('checksum')
  expect(ranges).toEqual([`bytes=0-${4 * MIB - 1}`, `bytes=${2 * MIB}-${4 * MIB - 1}`])
})

test('a refused URL is signed again, once for all lanes', async () => {
  const { object, begin, signatures } = await setting({
    trouble(request, response) {
      if (!request.url?.endsWith('=1')) return false
      response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>')
      return true
    },
  })
  const { path } = await begin().result
  expect((await readFile(path)).equals(object)).toBe(true)
  expect(signatures()).toBe(2)
})

test('an object that changes between two signatures is not mixed with itself', async () => {
  const answer: { etag: string } = { etag: 'abc' }
  const { folder, begin } = await setting({
    answer,
    trouble(_, response) {
      answer.etag = 'new'
      response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>')
      return true
    },
  })
  await expect(begin().result).rejects.toThrow(ObjectChangedError)
  expect(await readdir(folder)).toEqual([])
})

test('a busy store is asked again', async () => {
  const { object, begin } = await setting({
    trouble(_, response, nth) {
      if (nth > 3) return false
      response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>')
      return true
    },
  })
  const { path } = await begin().result
  expect((await readFile(path)).equals(object)).toBe(true)
})

test.each([
  ['another object under the key', { answer: { etag: 'new' } }, ObjectChangedError],
  [
    'other bytes than the checksum says',
    { answer: { checksum: { algorithm: 'CRC64NVME', value: 'AAAAAAAAAAA=' } } },
    IntegrityError,
  ],
  [
    'a store that says no',
    {
      trouble: (_: unknown, response: ServerResponse): boolean => {
        response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>')
        return true
      },
    },
    StoreError,
  ],
  [
    'a store that sends another range',
    {
      trouble: (_: unknown, response: ServerResponse): boolean => {
        response.writeHead(206, { 'content-range': 'bytes 7-8/9' }).end('xx')
        return true
      },
    },
    StoreError,
  ],
] as const)('%s leaves nothing behind', async (_, trouble, error) => {
  const { folder, begin } = await setting(trouble as Setting)
  await expect(begin().result).rejects.toThrow(error)
  expect(await readdir(folder)).toEqual([])
})

test('a file of that name is never replaced without being told', async () => {
  const { object, folder, ranges, begin } = await setting()
  const path = join(folder, 'film.mov')
  await writeFile(path, 'mine')
  await expect(begin().result).rejects.toThrow(FileExistsError)
  expect(ranges).toEqual([])
  expect(await readFile(path, 'utf8')).toBe('mine')
  await begin({ replace: true }).result
  expect((await readFile(path)).equals(object)).toBe(true)
})

test('nor one that comes while the download is under way', async () => {
  const { folder, begin } = await setting()
  const path = join(folder, 'film.mov')
  const run = begin()
  run.on('started', () => void writeFile(path, 'mine', { flag: 'wx' }))
  await expect(run.result).rejects.toThrow(FileExistsError)
  expect(await readFile(path, 'utf8')).toBe('mine')
  expect(await readdir(folder)).toEqual(['film.mov'])
})

test('two downloads to one path never mix: one is there whole, the other is told', async () => {
  const first = await setting({ object: pseudoRandom(4 * MIB, 1) })
  const second = await setting({ object: pseudoRandom(4 * MIB, 2) })
  const output = join(first.folder, 'film.mov')
  const runs = [first.begin({ output }), second.begin({ output })]
  const outcomes = await Promise.allSettled(runs.map((run) => run.result))
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: expect.any(FileExistsError),
  })
  const winner = outcomes[0]?.status === 'fulfilled' ? first : second
  expect((await readFile(output)).equals(winner.object)).toBe(true)
  expect(await readdir(first.folder)).toEqual(['film.mov'])
})

test('two that may replace it leave one of the two, whole', async () => {
  const first = await setting({ object: pseudoRandom(4 * MIB, 1) })
  const second = await setting({ object: pseudoRandom(4 * MIB, 2) })
  const options = { output: join(first.folder, 'film.mov'), replace: true }
  await Promise.all([first.begin(options).result, second.begin(options).result])
  const bytes = await readFile(options.output)
  expect([first.object, second.object].some((object) => object.equals(bytes))).toBe(true)
  expect(await readdir(first.folder)).toEqual(['film.mov'])
})

test('what a dead process left is removed; what is another’s is not touched', async () => {
  const { folder, begin } = await setting()
  const dead = spawnSync(process.execPath, ['--version']).pid
  const kept = ['film.mov.part', `film.mov.${process.pid}-0123abcd.part`, `other.${dead}-0123abcd.part`]
  for (const name of [...kept, `film.mov.${dead}-0123abcd.part`]) await writeFile(join(folder, name), 'mine')
  await begin().result
  expect((await readdir(folder)).sort()).toEqual(['film.mov', ...kept].sort())
  for (const name of kept) expect(await readFile(join(folder, name), 'utf8')).toBe('mine')
})

test('of a link, the file that it leads to is replaced', async () => {
  const { object, folder, begin } = await setting()
  const [link, file] = [join(folder, 'film.mov'), join(folder, 'elsewhere.mov')]
  await writeFile(file, 'old')
  await symlink(file, link)
  await begin({ replace: true }).result
  expect((await lstat(link)).isSymbolicLink()).toBe(true)
  expect((await readFile(file)).equals(object)).toBe(true)
})

test('a device, or a link to one or to nothing, is not replaced', async () => {
  const { folder, ranges, begin } = await setting()
  const [pipe, link, loose] = ['pipe', 'link', 'loose'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  expect(spawnSync('mkfifo', [pipe]).status).toBe(0)
  await symlink(pipe, link)
  await symlink(join(folder, 'nothing'), loose)
  for (const output of [pipe, link, loose]) {
    await expect(begin({ output, replace: true }).result).rejects.toThrow(NotRegularFileError)
  }
  expect(ranges).toEqual([])
  expect((await readdir(folder)).sort()).toEqual(['link', 'loose', 'pipe'])
  expect((await lstat(pipe)).isFIFO()).toBe(true)
})

test.each([
  ['../../etc/passwd', 'passwd'],
  ['C:\\temp\\film.mov', 'film.mov'],
  ['..', 'download'],
  ['', 'download'],
])('the name %j becomes %s in the folder asked for', async (fileName, expected) => {
  const { folder, begin } = await setting({ object: Buffer.from('x'), answer: { fileName } })
  expect(await begin().result).toMatchObject({ path: join(folder, expected) })
})

test('a signal stops it, and leaves nothing behind', async () => {
  const stop = new AbortController()
  const { folder, begin } = await setting({
    trouble(_, response) {
      response.writeHead(206, { 'content-range': 'bytes 0-9/10' })
      stop.abort(new Error('Enough.'))
      return true
    },
  })
  await expect(begin({ signal: stop.signal }).result).rejects.toThrow('Enough.')
  expect(await readdir(folder)).toEqual([])
})
