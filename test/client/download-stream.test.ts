import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { PassThrough, Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import type { ByteRange } from '../../client/byte-range.ts'
import {
  AbortedError,
  IntegrityError,
  NetworkError,
  ObjectChangedError,
  OutputClosedError,
} from '../../client/node/index.ts'
import { bytesOf, damage, MIB, openSetting, type Setting } from './download-setting.ts'
import { pseudoRandom } from './servers.ts'

const object = pseudoRandom(20 * MIB + 3)

/** Keeps what it is given. */
class Sink extends Writable {
  readonly #chunks: Buffer[] = []
  taken = 0

  override _write(chunk: Buffer, _: string, done: (error?: Error) => void): void {
    this.#chunks.push(chunk)
    this.taken += chunk.length
    this.emit('taken')
    setImmediate(done)
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }
}

/** Takes one piece, and no more before it is told. */
class Stuck extends Sink {
  readonly #gate = Promise.withResolvers<void>()

  override _write(chunk: Buffer, encoding: string, done: (error?: Error) => void): void {
    void this.#gate.promise.then(() => super._write(chunk, encoding, done))
    this.emit('stuck')
  }

  release(): void {
    this.#gate.resolve()
  }
}

/** Of the range with that number, one byte is another. */
const damaging =
  (object: Buffer, wanted: number): NonNullable<Setting['trouble']> =>
  (request, response, nth) =>
    nth === wanted && damage(object, request, response)

test('an object goes into a stream in order and in parallel ranges, is verified, and the stream stays open', async () => {
  const { folder, ranges, stream } = await openSetting({ object, answer: { partSize: 8 * MIB } })
  const sink = new Sink()
  const run = stream(sink)
  const states: string[] = []
  run.on('state', ({ state }) => states.push(state))
  const result = await run.result
  expect(sink.bytes.equals(object)).toBe(true)
  expect(result).toMatchObject({
    path: '-',
    size: object.length,
    verified: 'checksum',
    bytesTransferred: object.length,
    bytesResumed: 0,
  })
  expect(states).toEqual(['downloading', 'completing', 'done'])
  expect(ranges).toHaveLength(21)
  expect(sink.writableEnded).toBe(false)
  expect(sink.listenerCount('close') + sink.listenerCount('error')).toBe(0)
  expect(await readdir(folder)).toEqual([])
})

test('who keeps what the stream hands on finds it as it was', async () => {
  const { stream } = await openSetting({ object })
  const pass = new PassThrough()
  const kept = buffer(pass)
  await stream(pass, { spareBytes: 8 * MIB }).result
  pass.end()
  expect((await kept).equals(object)).toBe(true)
})

test('ranges that come before their turn wait for it', async () => {
  const late = Promise.withResolvers<void>()
  const { stream } = await openSetting({
    object,
    trouble(request, response, nth) {
      const { first, end } = bytesOf(request.headers.range ?? '')
      if (nth === 4) late.resolve()
      if (first !== 0) return false
      void late.promise.then(() => {
        response.writeHead(206, { 'content-range': `bytes 0-${end - 1}/${object.length}` })
        response.end(object.subarray(0, end))
      })
      return true
    },
  })
  const sink = new Sink()
  await stream(sink).result
  expect(sink.bytes.equals(object)).toBe(true)
})

test('a slow stream is given time: no more is asked for than the window has room for', async () => {
  const sink = new Stuck()
  let furthest = 0
  const { ranges, stream } = await openSetting({
    object,
    trouble(request) {
      furthest = Math.max(furthest, bytesOf(request.headers.range ?? '').end - sink.taken)
      return false
    },
  })
  const run = stream(sink, { spareBytes: 8 * MIB })
  const full = new Promise<void>((resolve) => {
    run.on('progress', ({ bytesReceived }) => bytesReceived === 4 * MIB && resolve())
  })
  await full
  // Turns enough for a request too many to arrive.
  for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate)
  expect(sink.taken).toBe(0)
  expect(ranges).toHaveLength(4)
  sink.release()
  await run.result
  expect(furthest).toBe(4 * MIB)
  expect(sink.bytes.equals(object)).toBe(true)
})

test('a range whose connection breaks goes on where it broke', async () => {
  const { ranges, stream } = await openSetting({
    object,
    trouble(request, response, nth) {
      if (nth !== 3) return false
      const { first, end } = bytesOf(request.headers.range ?? '')
      response.writeHead(206, { 'content-range': `bytes ${first}-${end - 1}/${object.length}` })
      response.write(object.subarray(first, first + 100_000), () => response.socket?.end())
      return true
    },
  })
  const sink = new Sink()
  await stream(sink).result
  expect(sink.bytes.equals(object)).toBe(true)
  expect(ranges).toHaveLength(22)
})

test.each<[string, Buffer, ByteRange | undefined]>([
  ['nothing', Buffer.alloc(0), undefined],
  ['a range', object, { start: 3 * MIB - 7, end: 9 * MIB }],
  ['the last bytes', object, { start: -5 }],
])('%s goes into a stream, too', async (_, object, range) => {
  const { stream } = await openSetting({ object })
  const sink = new Sink()
  expect(await stream(sink, { range }).result).toMatchObject({ verified: range ? 'size' : 'checksum' })
  expect(sink.bytes.equals(object.subarray(range?.start ?? 0, range?.end))).toBe(true)
})

describe('what arrives damaged has gone when it is found out: the error says so', () => {
  test('by the checksum', async () => {
    const { stream } = await openSetting({ object, trouble: damaging(object, 2) })
    const run = stream(new Sink())
    await expect(run.result).rejects.toThrow(IntegrityError)
    expect(run.snapshot().error?.message).toMatch(/in the output.*Discard what came out, and begin again/)
    expect(run.snapshot().state).toBe('failed')
  })

  const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest()
  const parts = Array.from({ length: 5 }, (_, at) => object.subarray(at * 5 * MIB, (at + 1) * 5 * MIB))
  const withoutChecksum = {
    object,
    etag: `${md5(Buffer.concat(parts.map(md5))).toString('hex')}-5`,
    answer: { checksum: undefined, partSize: 5 * MIB, partCount: 5 },
  }
  const single = { object, etag: md5(object).toString('hex'), answer: { checksum: undefined } }

  test.each([
    ['of parts', withoutChecksum],
    ['of a single PUT', single],
    [
      'of an empty object',
      {
        object: Buffer.alloc(0),
        etag: md5(Buffer.alloc(0)).toString('hex'),
        answer: { checksum: undefined },
      },
    ],
  ])('by the ETag %s', async (_, setting) => {
    const { stream } = await openSetting(setting)
    const sink = new Sink()
    expect(await stream(sink).result).toMatchObject({ verified: 'etag' })
    expect(sink.bytes.equals(setting.object)).toBe(true)
    if (setting.object.length === 0) return
    const damaged = await openSetting({ ...setting, trouble: damaging(object, 2) })
    await expect(damaged.stream(new Sink()).result).rejects.toThrow(/ETag.*in the output/)
  })
})

describe('an object that changes', () => {
  test('before a byte has gone begins anew', async () => {
    const { store, stream } = await openSetting({
      object,
      trouble(_, response, nth) {
        if (nth > 1) return false
        store.etag = 'def'
        response.writeHead(412).end()
        return true
      },
    })
    const sink = new Sink()
    const run = stream(sink, { concurrency: 1 })
    const reasons: string[] = []
    run.on('restarted', ({ reason }) => reasons.push(reason))
    await run.result
    expect(reasons).toEqual(['the object has changed meanwhile'])
    expect(sink.bytes.equals(object)).toBe(true)
  })

  test('later is an error, for what has gone cannot be taken back', async () => {
    const { store, stream } = await openSetting({
      object,
      trouble(_, response, nth) {
        if (nth < 3) return false
        store.etag = 'def'
        response.writeHead(412).end()
        return true
      },
    })
    await expect(stream(new Sink(), { concurrency: 1 }).result).rejects.toThrow(ObjectChangedError)
  })
})

describe('a stream that is closed', () => {
  test('by who reads it ends the download, with an error of its own', async () => {
    const { stream } = await openSetting({ object })
    const head = spawn('head', ['-c', '1000'], { stdio: ['pipe', 'pipe', 'inherit'] })
    const read = head.stdout.toArray()
    const run = stream(head.stdin)
    await expect(run.result).rejects.toThrow(OutputClosedError)
    expect(run.snapshot().state).toBe('failed')
    expect(Buffer.concat(await read).equals(object.subarray(0, 1000))).toBe(true)
  })

  test('while it is waited for, too', async () => {
    const { stream } = await openSetting({ object })
    const sink = new Stuck()
    const run = stream(sink, { spareBytes: 8 * MIB })
    await once(sink, 'stuck')
    sink.destroy()
    await expect(run.result).rejects.toThrow(OutputClosedError)
  })

  test('before it begins costs no byte', async () => {
    const { ranges, stream } = await openSetting({ object })
    const sink = new Sink()
    sink.destroy()
    await expect(stream(sink).result).rejects.toThrow(OutputClosedError)
    expect(ranges).toEqual([])
  })

  test('by an error of its own tells that', async () => {
    const { stream } = await openSetting({ object })
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
    const sink = new Writable({ write: (_chunk, _encoding, done) => done(full) })
    await expect(stream(sink).result).rejects.toThrow(full)
  })
})

test('one that is stopped while its stream is stuck ends at once, and cannot be gone on with', async () => {
  const { stream } = await openSetting({ object })
  const sink = new Stuck()
  const stop = new AbortController()
  const run = stream(sink, { spareBytes: 8 * MIB, signal: stop.signal })
  await once(sink, 'stuck')
  stop.abort()
  await expect(run.result).rejects.toThrow(AbortedError)
  expect(run.snapshot()).toMatchObject({ state: 'failed', error: { resumable: false } })
})

test('nor can one whose network is gone for good', async () => {
  const { stream } = await openSetting({
    object,
    ports: { timing: { patienceMs: 1, retryBaseMs: 1, retryCapMs: 1 } },
    trouble(_, response, nth) {
      if (nth > 1) response.socket?.destroy()
      return nth > 1
    },
  })
  const run = stream(new Sink())
  await expect(run.result).rejects.toThrow(NetworkError)
  expect(run.snapshot().state).toBe('failed')
})
