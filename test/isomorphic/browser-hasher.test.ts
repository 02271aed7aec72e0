import { expect, test, vi } from 'vitest'
import { createCrc } from '../../checksums/crc.ts'
import { toHex } from '../../checksums/hex.ts'
import { createMd5 } from '../../checksums/md5.ts'
import { hashBlob } from '../../client/browser/hash-blob.ts'
import { Hasher, type StartWorker, startHashWorker } from '../../client/browser/hasher.ts'
import { SourceChangedError, StalledError } from '../../client/errors.ts'

const { signal } = new AbortController()
const bytes = Uint8Array.from({ length: 3_500_000 }, (_, at) => (at * at) >> 5)
const parts = [0, 1, 1_048_576, 3_500_000].map((size) => new Blob([bytes.subarray(0, size)]))

const crcOf = (algorithm: 'CRC64NVME' | 'CRC32' | 'CRC32C', blob: Blob) =>
  createCrc(algorithm).update(bytes.subarray(0, blob.size)).digest()
const md5Of = (blob: Blob) => toHex(createMd5().update(bytes.subarray(0, blob.size)).digest())

/** A worker's outside, as far as a hasher sees it. */
class FakeWorker {
  onmessage: ((event: { data: unknown }) => void) | null = null
  onerror: ((event: Event) => void) | null = null
  terminated = false
  readonly orders: { id: number; blob?: Blob }[] = []
  readonly #onOrder: (worker: FakeWorker, id: number) => void

  constructor(onOrder: (worker: FakeWorker, id: number) => void) {
    this.#onOrder = onOrder
  }
  postMessage(order: { id: number; blob?: Blob }) {
    this.orders.push(structuredClone(order))
    if (order.blob) queueMicrotask(() => this.#onOrder(this, order.id))
  }
  terminate() {
    this.terminated = true
  }
}

const starting = (worker: FakeWorker) => {
  let starts = 0
  const start: StartWorker = async () => {
    starts++
    return worker as unknown as Worker
  }
  return { start, starts: () => starts }
}

test('it computes every CRC in a worker, several at once, where there are workers; and the MD5 where it was begun for that', async () => {
  let workers = 0
  let replies = 0
  const starting: StartWorker = async (md5) => {
    const worker = await startHashWorker(md5)
    if (worker) workers++
    worker?.addEventListener('message', ({ data }) => {
      if (data.hashes) replies++
    })
    return worker
  }
  const hasher = new Hasher(starting)
  await Promise.all(
    parts.map(async (blob) => {
      for (const crc of ['CRC64NVME', 'CRC32', 'CRC32C'] as const) {
        expect(await hasher.hash(blob, { crc }, signal)).toEqual({ crc: crcOf(crc, blob), md5: undefined })
      }
      const md5 = { crc: undefined, md5: md5Of(blob) }
      expect(await new Hasher(starting).hash(blob, { md5: true }, signal)).toEqual(md5)
      expect(await hasher.hash(blob, { md5: true }, signal)).toEqual(md5)
      expect(await hasher.hash(blob, {}, signal)).toEqual({})
    }),
  )
  // What is no larger than a block is not worth the way.
  const expected = typeof Worker === 'undefined' ? { workers: 0, replies: 0 } : { workers: 2, replies: 4 }
  expect({ workers, replies }).toEqual(expected)
})

test('a worker that nothing needs is ended, and begun again when something does', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const worker = new FakeWorker((worker, id) => worker.onmessage?.({ data: { id, hashes: {} } }))
    const { start, starts } = starting(worker)
    const hasher = new Hasher(start)
    const blob = new Blob([bytes])
    await hasher.hash(blob, { crc: 'CRC32' }, signal)
    await vi.advanceTimersByTimeAsync(29_000)
    await hasher.hash(blob, { crc: 'CRC32' }, signal)
    await vi.advanceTimersByTimeAsync(29_000)
    expect({ starts: starts(), terminated: worker.terminated }).toEqual({ starts: 1, terminated: false })
    await vi.advanceTimersByTimeAsync(1000)
    expect(worker.terminated).toBe(true)
    await hasher.hash(blob, { crc: 'CRC32' }, signal)
    expect(starts()).toBe(2)
  } finally {
    vi.useRealTimers()
  }
})

test.each<[string, StartWorker]>([
  ['there is no worker', async () => undefined],
  ['none may be started', async () => Promise.reject(new DOMException('', 'SecurityError'))],
  [
    'a policy forbids it, which shows late',
    starting(new FakeWorker((worker) => worker.onerror?.(new Event('error', { cancelable: true })))).start,
  ],
  [
    'it cannot read the blob',
    starting(new FakeWorker((worker, id) => worker.onmessage?.({ data: { id } }))).start,
  ],
])('where %s, the page computes the same', async (_, start) => {
  const hasher = new Hasher(start)
  for (const blob of parts) {
    const hashes = { crc: crcOf('CRC64NVME', blob), md5: md5Of(blob) }
    expect(await hasher.hash(blob, { crc: 'CRC64NVME', md5: true }, signal)).toEqual(hashes)
  }
})

test('a worker that is forbidden is not tried again', async () => {
  const worker = new FakeWorker((worker) => worker.onerror?.(new Event('error', { cancelable: true })))
  const { start, starts } = starting(worker)
  const hasher = new Hasher(start)
  const blob = new Blob([bytes])
  await Promise.all([1, 2, 3].map(() => hasher.hash(blob, { crc: 'CRC32' }, signal)))
  await hasher.hash(blob, { crc: 'CRC32' }, signal)
  expect({ starts: starts(), terminated: worker.terminated }).toEqual({ starts: 1, terminated: true })
})

test('what is aborted is not hashed on', async () => {
  const stop = new AbortController()
  const reason = new Error('enough')
  const worker = new FakeWorker(() => stop.abort(reason))
  const hasher = new Hasher(starting(worker).start)
  await expect(hasher.hash(new Blob([bytes]), { crc: 'CRC32' }, stop.signal)).rejects.toBe(reason)
  expect(worker.orders).toMatchObject([{ id: 0, blob: {} }, { id: 0 }])
  expect(worker.orders[1]?.blob).toBeUndefined()

  const here = new Hasher(async () => undefined)
  await expect(here.hash(new Blob([bytes]), { crc: 'CRC32' }, stop.signal)).rejects.toBe(reason)
})

test('a blob that the browser will not read any more belongs to a file that has changed', async () => {
  const blob = Object.assign(new Blob([bytes]), {
    slice: () => ({ arrayBuffer: () => Promise.reject(new DOMException('', 'NotReadableError')) }),
  })
  const hasher = new Hasher(async () => undefined)
  await expect(hasher.hash(blob, { crc: 'CRC64NVME' }, signal)).rejects.toThrow(SourceChangedError)
  await expect(hasher.hash(blob, { crc: 'CRC64NVME' }, signal)).rejects.toThrow('Pick it again.')
})

test.each(['with', 'without'])(
  '%s readers that bring their own buffer, a worker reads all of a blob',
  async (how) => {
    const { ReadableStreamBYOBReader } = globalThis
    if (how === 'without') Reflect.deleteProperty(globalThis, 'ReadableStreamBYOBReader')
    try {
      const blob = Object.assign(
        new Blob([bytes]),
        how === 'without' && { stream: () => expect.unreachable() },
      )
      const hashes = await hashBlob(blob, { crc: createCrc('CRC64NVME') }, signal)
      expect(hashes.crc).toEqual(crcOf('CRC64NVME', blob))
    } finally {
      globalThis.ReadableStreamBYOBReader = ReadableStreamBYOBReader
    }
  },
)

test('a worker that owes an answer when a part is given up is replaced, and holds up nobody else', async () => {
  const dead = new FakeWorker(() => {})
  const { start, starts } = starting(dead)
  const hasher = new Hasher(start)
  const blob = new Blob([bytes])
  const stop = new AbortController()
  const cut = hasher.hash(blob, { crc: 'CRC32' }, stop.signal)
  const other = hasher.hash(blob, { crc: 'CRC32' }, signal)
  await expect.poll(() => dead.orders).toHaveLength(2)
  stop.abort(new StalledError('No bytes moved.'))
  await expect(cut).rejects.toThrow(StalledError)
  expect(await other).toEqual({ crc: crcOf('CRC32', blob), md5: undefined })
  expect(dead.terminated).toBe(true)
  void hasher.hash(blob, { crc: 'CRC32' }, signal)
  await expect.poll(() => starts()).toBe(2)
})
