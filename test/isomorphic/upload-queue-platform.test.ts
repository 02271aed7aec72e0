import { expect, test } from 'vitest'
import type { BrowserClient } from '../../client/browser/index.ts'
import { browserJournals } from '../../client/browser/journal.ts'
import { fileSource } from '../../client/browser/source.ts'
import { systemClock } from '../../client/clock.ts'
import type { JournalStore, PartTransport } from '../../client/ports.ts'
import { upload } from '../../client/upload.ts'
import { createUploadQueue } from '../../element/queue/index.ts'
import type { Kept, KeptStorage } from '../../element/queue/kept.ts'
import { indexedDbItems } from '../../element/queue/storage.ts'
import type { QueueItem, UploadQueue } from '../../element/upload-queue.ts'
import { enginePorts } from '../client/engine-ports.ts'
import { FakeJournals } from '../client/fake-journals.ts'
import { FakeStore } from '../client/fake-store.ts'
import { MemoryStorage } from '../client/queue-setting.ts'

/** The browser's own locks, channels, storage and journals, in a browser; Node has locks and channels. */
const hasDatabase = typeof indexedDB !== 'undefined'
const lastModified = Date.UTC(2026, 10, 21)
const film = (name: string) =>
  new File([Uint8Array.from({ length: 95 }, (_, at) => at)], name, { type: 'video/mp4', lastModified })

class Platform {
  readonly endpoint = `https://${crypto.randomUUID()}.example`
  readonly store = new FakeStore({ clock: systemClock })
  readonly storage: KeptStorage = indexedDbItems() ?? new MemoryStorage()
  readonly journals: JournalStore = hasDatabase ? browserJournals() : new FakeJournals()
  readonly #queues: UploadQueue[] = []

  open(): UploadQueue {
    const { endpoint, storage } = this
    const queue = createUploadQueue({
      endpoint,
      client: this.#client(),
      ports: { storage, page: new EventTarget() },
    })
    this.#queues.push(queue)
    return queue
  }

  /** There is no event for it. */
  async untilStored(fits: (kept: readonly Kept[]) => boolean): Promise<void> {
    const mine = async () => (await this.storage.load()).filter(({ endpoint }) => endpoint === this.endpoint)
    while (!fits(await mine())) await new Promise((resolve) => setTimeout(resolve, 5))
  }

  end(): void {
    for (const queue of this.#queues) queue.close()
  }

  #client(): BrowserClient {
    const { store, journals, endpoint } = this
    const fake = store.transport(true)
    const transport: PartTransport<Blob> = {
      ...fake,
      put: async (put) => fake.put({ ...put, body: new Uint8Array(await put.body.arrayBuffer()) }),
    }
    const controlPlane = { ...store.controlPlane, endpoint }
    return {
      api: controlPlane,
      upload: (file: File, options = {}) =>
        upload(
          fileSource(file, options.fileName),
          { ...enginePorts, controlPlane, transport, journals },
          options,
        ),
    } as BrowserClient
  }
}

function until(
  queue: UploadQueue,
  fits: (items: readonly QueueItem[]) => unknown,
): Promise<readonly QueueItem[]> {
  return new Promise((resolve) => {
    const look = () => {
      if (!fits(queue.items)) return
      unsubscribe()
      resolve(queue.items)
    }
    const unsubscribe = queue.subscribe(look)
    look()
  })
}

const areDone = (items: readonly QueueItem[]) =>
  items.length > 0 && items.every(({ state }) => state === 'done')

test('what is stored of an item comes back, its File whole, until it is removed', async () => {
  const { storage, endpoint } = new Platform()
  const mine = async () => (await storage.load()).filter((kept) => kept.endpoint === endpoint)
  const kept = { endpoint, name: 'films/a.mov', size: 95, lastModified, key: 'k', paused: true }
  const ids = [`${endpoint} 1`, `${endpoint} 2`]
  await storage.write(new Map(ids.map((id) => [id, { ...kept, id, file: film('a.mov') }])))
  expect(await mine()).toMatchObject([
    { ...kept, file: undefined },
    { ...kept, file: undefined },
  ])
  await storage.copy(new Map([[`${endpoint} 2`, film('a.mov')]]))
  await storage.write(new Map([[`${endpoint} 2`, { ...kept, id: `${endpoint} 2`, key: 'l' }]]))
  const [, second] = await mine()
  expect(second?.key).toBe('l')
  expect(second?.file).toMatchObject({ name: 'a.mov', size: 95, lastModified, type: 'video/mp4' })
  expect(new Uint8Array((await second?.file?.arrayBuffer()) ?? new ArrayBuffer())[94]).toBe(94)
  await storage.write(
    new Map([[`${endpoint} 2`, { ...kept, id: `${endpoint} 2` }]]),
    new Set([`${endpoint} 2`]),
  )
  expect(await mine()).toMatchObject([{ key: 'k' }, { key: 'k', file: undefined }])
  await storage.write(new Map(ids.map((id) => [id, undefined])))
  expect(await mine()).toEqual([])
  expect(await storage.room()).toBeGreaterThan(1_000_000)
})

test('two tabs share a queue, its Files too, and the second goes on when the first closes', async () => {
  const platform = new Platform()
  const [first, second] = [platform.open(), platform.open()]
  await first.ready
  await second.add([{ file: film('a.mov') }, { file: film('b.mov') }])
  expect([first.runsHere, second.runsHere]).toEqual([true, false])
  await until(second, (items) => items.some(({ partsDone }) => partsDone > 0))
  const puts = platform.store.count('put')
  first.close()
  await until(second, areDone)
  expect(second.runsHere).toBe(true)
  expect(platform.store.count('put') - puts).toBeLessThan(20)
  expect(second.items.map(({ name }) => name)).toEqual(['a.mov', 'b.mov'])
  platform.end()
})

test('a queue that is opened again goes on with what was running, and sends no part again', async () => {
  const platform = new Platform()
  const first = platform.open()
  await first.add([{ file: film('a.mov') }])
  await until(first, (items) => items[0]?.partsDone)
  await platform.untilStored((kept) => kept.some(({ file }) => file))
  first.close()
  const second = platform.open()
  const [item] = await until(second, areDone)
  expect(item?.result?.bytesResumed).toBeGreaterThan(0)
  expect(new Set(platform.store.partsPut()).size).toBe(10)
  await platform.untilStored((kept) => kept.length === 0)
  platform.end()
})
