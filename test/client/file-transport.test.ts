import { execFile } from 'node:child_process'
import { hash } from 'node:crypto'
import { appendFile, rename, truncate, utimes, writeFile } from 'node:fs/promises'
import { type RequestListener, request } from 'node:http'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { createCrc } from '../../checksums/crc.ts'
import { AbortedError, NetworkError, SourceChangedError } from '../../client/errors.ts'
import type { HashRequest } from '../../client/node/hashing.ts'
import { type Connections, createConnections } from '../../client/node/http.ts'
import { openFile } from '../../client/node/source.ts'
import { fileTransport } from '../../client/node/transport.ts'
import { putUntilStored } from '../../client/put.ts'
import { createRecovery } from '../../client/recovery.ts'
import { TIMING } from '../../client/timing.ts'
import { NO_WAKES } from '../../client/wakes.ts'
import { HandClock } from './hand-clock.ts'
import { pseudoRandom, readBody, serve, temporaryFolder } from './servers.ts'

const MIB = 1024 * 1024

async function setting(bytes: Buffer, listener: RequestListener) {
  const url = await serve(listener)
  const path = join(await temporaryFolder(), 'film.mov')
  await writeFile(path, bytes)
  const source = await openFile(path)
  const connections = createConnections()
  onTestFinished(async () => {
    connections.close()
    await source.close()
  })
  const transport = fileTransport(connections)
  const put = (
    start: number,
    end: number,
    signal = new AbortController().signal,
    hashes: HashRequest = { crc: 'CRC64NVME' },
  ) => {
    const progress: number[] = []
    const onProgress = (bytes: number) => progress.push(bytes)
    const answer = transport.put({
      url,
      headers: { 'x-signed': 'yes' },
      body: source.slice(start, end),
      ...hashes,
      signal,
      onProgress,
    })
    return { answer, progress }
  }
  return { path, source, put }
}

test.each([0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB + 7])(
  'a slice of %i bytes arrives whole, with its CRC',
  async (size) => {
    const file = pseudoRandom(5 * MIB)
    const arrived: { body: Buffer; length: string | undefined; signed: unknown }[] = []
    const { put } = await setting(file, async (request, response) => {
      const { 'content-length': length, 'x-signed': signed } = request.headers
      arrived.push({ body: await readBody(request), length, signed })
      response.writeHead(200, { etag: '"abc"', 'x-amz-checksum-crc64nvme': 'AAAAAAAAAAA=' }).end()
    })
    const { answer, progress } = put(1000, 1000 + size)
    const expected = file.subarray(1000, 1000 + size)
    expect(await answer).toEqual({
      status: 200,
      etag: 'abc',
      crc: createCrc('CRC64NVME').update(expected).digest(),
      md5: undefined,
      checksum: 'AAAAAAAAAAA=',
      date: expect.stringMatching(/ GMT$/),
      retryAfter: undefined,
      body: '',
    })
    expect(arrived).toHaveLength(1)
    expect(arrived[0]).toMatchObject({ length: String(size), signed: 'yes' })
    expect(arrived[0]?.body.equals(expected)).toBe(true)
    expect(progress.at(-1) ?? 0).toBe(size)
  },
)

test.each(['CRC64NVME', 'CRC32', 'CRC32C'] as const)(
  'its %s and its MD5 are those of its bytes, and not told of what the store refuses',
  async (algorithm) => {
    const file = pseudoRandom(3 * MIB)
    const answers = [200, 400]
    const { put } = await setting(file, async (request, response) => {
      await readBody(request)
      response.writeHead(answers.shift() ?? 500).end()
    })
    const send = () => put(1, 2 * MIB, undefined, { crc: algorithm, md5: true }).answer
    const expected = file.subarray(1, 2 * MIB)
    const crc = createCrc(algorithm).update(expected).digest()
    expect(await send()).toMatchObject({ status: 200, crc, md5: hash('md5', expected) })
    const refused = await send()
    expect([refused.status, refused.crc, refused.md5]).toEqual([400, undefined, undefined])
  },
)

test('a lane of 10 KB/s is not cut as long as bytes move', async () => {
  const { source } = await setting(pseudoRandom(3 * MIB), () => {})
  const { clock, connections } = slowLink(10_000)
  const put = {
    body: source.slice(0, source.size),
    size: source.size,
    crc: undefined,
    sign: async () => ({ url: 'http://store.example/key', headers: {} }),
    verify: () => source.verify(),
    onProgress: () => {},
    onRetry: () => {},
    advanced: () => 0,
  }
  const ports = {
    ...{
      clock,
      random: () => 0,
      timing: TIMING,
      wakes: NO_WAKES,
      contact: { made: false, retries: 0 },
      recovery: createRecovery(),
    },
    transport: fileTransport(connections),
  }
  expect(await putUntilStored(put, ports, new AbortController().signal)).toMatchObject({ status: 200 })
  expect(clock.now()).toBeGreaterThan(300_000)
})

/** Connections that take so many bytes a second, by a clock that only they advance. */
function slowLink(bytesPerSecond: number): { clock: HandClock; connections: Connections } {
  const clock = new HandClock()
  const peer = () =>
    new Duplex({
      read() {},
      write(chunk: Buffer, _, taken) {
        clock.pass((chunk.length / bytesPerSecond) * 1000)
        taken()
      },
    })
  const connections: Connections = {
    get: () => Promise.reject(new Error('Expected uploads alone, got a download.')),
    request(url, options) {
      const socket = peer()
      const sent = request(url, { ...options, createConnection: () => socket })
      sent.once('finish', () => socket.push('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'))
      return sent
    },
    close() {},
  }
  return { clock, connections }
}

test('lanes keep their connections', async () => {
  const sockets = new Set<unknown>()
  const { put } = await setting(pseudoRandom(4 * MIB), async (request, response) => {
    sockets.add(request.socket)
    await readBody(request)
    response.end()
  })
  for (let part = 0; part < 4; part++) await put(part * MIB, (part + 1) * MIB).answer
  expect(sockets.size).toBe(1)
})

test('an error is answered with its status, its wait and its text', async () => {
  const { put } = await setting(pseudoRandom(MIB), async (request, response) => {
    await readBody(request)
    response.writeHead(503, { 'retry-after': '7' }).end('<Error><Code>SlowDown</Code></Error>')
  })
  expect(await put(0, MIB).answer).toMatchObject({
    status: 503,
    retryAfter: 7,
    body: '<Error><Code>SlowDown</Code></Error>',
  })
})

test('a store that refuses need not wait for the body', async () => {
  let received = 0
  const { put } = await setting(pseudoRandom(64 * MIB), (request, response) => {
    request.on('data', (chunk) => {
      received += chunk.length
    })
    response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>')
  })
  expect(await put(0, 64 * MIB).answer).toMatchObject({
    status: 403,
    body: expect.stringContaining('AccessDenied'),
  })
  expect(received).toBeLessThan(64 * MIB)
})

test.each([
  ['before the body', 0],
  ['within the body', 2 * MIB],
])('a connection that is cut %s is a network error', async (_, after) => {
  const { put } = await setting(pseudoRandom(32 * MIB), (request) => {
    let received = 0
    if (after === 0) request.socket.destroy()
    request.on('data', (chunk) => {
      received += chunk.length
      if (received > after) request.socket.destroy()
    })
  })
  await expect(put(0, 32 * MIB).answer).rejects.toThrow(NetworkError)
})

test('nobody listening is a network error that names no URL', async () => {
  const { source } = await setting(pseudoRandom(MIB), () => {})
  const connections = createConnections()
  onTestFinished(() => connections.close())
  const answer = fileTransport(connections).put({
    url: 'http://127.0.0.1:1/key?X-Amz-Signature=secret',
    headers: {},
    body: source.slice(0, MIB),
    signal: new AbortController().signal,
    onProgress: () => {},
  })
  await expect(answer).rejects.toThrow(
    new NetworkError('Expected an answer from the store, got none (ECONNREFUSED).'),
  )
})

test('an abort cuts the connection and rejects with its reason', async () => {
  const stop = new AbortController()
  let closed: Promise<unknown> | undefined
  const { put } = await setting(pseudoRandom(64 * MIB), (request) => {
    closed = new Promise((resolve) => request.socket.once('close', resolve))
    request.once('data', () => stop.abort(new AbortedError('Enough.', true)))
    request.pause()
    request.resume()
  })
  await expect(put(0, 64 * MIB, stop.signal).answer).rejects.toThrow('Enough.')
  await closed
})

test('a file that becomes shorter while it is sent is an error of the source', async () => {
  const { path, put } = await setting(pseudoRandom(64 * MIB), async (request, response) => {
    request.once('data', () => request.pause())
    await truncate(path, 2 * MIB)
    request.resume()
    request.on('end', () => response.end())
  })
  await expect(put(0, 64 * MIB).answer).rejects.toThrow(SourceChangedError)
})

test.each([
  ['longer', (path: string) => appendFile(path, 'x'), 'size was 1048576, is 1048577'],
  ['touched', (path: string) => utimes(path, 1, 1), /changed was .*, is 1970-01-01T00:00:01.000000000Z/],
  ['moved away', (path: string) => rename(path, `${path}.old`), 'no file there'],
  [
    'replaced',
    async (path: string) => {
      await rename(path, `${path}.old`)
      await writeFile(path, pseudoRandom(MIB))
    },
    'inode was',
  ],
])('a file that was %s is not what it was', async (_, change, message) => {
  const { path, source } = await setting(pseudoRandom(MIB), () => {})
  await source.verify()
  await change(path)
  await expect(source.verify()).rejects.toThrow(SourceChangedError)
  await expect(source.verify()).rejects.toThrow(message)
})

test('the CRC of a range is read from the disk', async () => {
  const file = pseudoRandom(3 * MIB)
  const { source } = await setting(file, () => {})
  const crc = await source.crc('CRC64NVME', 5, 2 * MIB + 9, new AbortController().signal)
  expect(crc).toEqual(
    createCrc('CRC64NVME')
      .update(file.subarray(5, 2 * MIB + 9))
      .digest(),
  )
})

test('a named pipe is no file, and nobody waits for its writer', async () => {
  const path = join(await temporaryFolder(), 'pipe')
  await promisify(execFile)('mkfifo', [path])
  await expect(openFile(path)).rejects.toMatchObject({ code: 'EISDIR' })
})

test('a folder is no file', async () => {
  await expect(openFile(await temporaryFolder())).rejects.toMatchObject({ code: 'EISDIR' })
})
