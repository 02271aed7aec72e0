import { toHex } from '../../checksums/hex.ts'
import { createMd5 } from '../../checksums/md5.ts'
import type { BrowserClient } from '../../client/browser/index.ts'
import type { ControlPlane } from '../../client/control-plane.ts'
import { createLanes } from '../../client/lanes.ts'
import type { Clock, PartTransport, Source } from '../../client/ports.ts'
import { createRecovery } from '../../client/recovery.ts'
import { upload } from '../../client/upload.ts'
import { createUploadQueue, type QueueOptions, type QueuePorts } from '../../element/queue/index.ts'
import type { Kept, KeptStorage } from '../../element/queue/kept.ts'
import type { Wire } from '../../element/queue/tabs.ts'
import type { ItemState, PickedFile, QueueItem, UploadQueue } from '../../element/upload-queue.ts'
import { enginePorts } from './engine-ports.ts'
import { FakeJournals } from './fake-journals.ts'
import { FakeSource, FakeStore, type FakeStoreOptions } from './fake-store.ts'
import { VirtualClock } from './virtual-clock.ts'

export const ENDPOINT = 'https://api.example'
const BORN = Date.UTC(2026, 10, 21)
const versions = new WeakMap<File, number>()

/** A file of so many bytes; another `version` has others, and `at` is when it was changed. */
export function fileOf(
  name: string,
  size = 95,
  { version = 1, at = BORN, type = 'video/quicktime' } = {},
): File {
  const { bytes } = new FakeSource(size, { version })
  const file = new File([bytes as Uint8Array<ArrayBuffer>], name, { type, lastModified: at })
  versions.set(file, version)
  return file
}

export const picked = (...files: File[]): PickedFile[] => files.map((file) => ({ file }))

/** Whether there are items, and all of them are in that state. */
export const allIn =
  (state: ItemState) =>
  (items: readonly QueueItem[]): boolean =>
    items.length > 0 && items.every((item) => item.state === state)

/** Like the browser's, but what it is made of can be read at once. */
function sourceOf(file: File, name: string): Source<Uint8Array> {
  const known = { name, size: String(file.size), lastModified: String(file.lastModified) }
  const source = new FakeSource(file.size, { id: JSON.stringify(known), version: versions.get(file) ?? 1 })
  const identity = { ...known, ends: toHex(createMd5().update(source.bytes).digest()) }
  return {
    ...{ name, size: file.size, id: source.id, identify: async () => identity },
    slice: (start, end) => source.slice(start, end),
    crc: (algorithm, start, end) => source.crc(algorithm, start, end),
    md5: (start, end) => source.md5(start, end),
    verify: () => source.verify(),
  }
}

/** One browser with one origin, an API, and as many tabs as a test opens. */
export class QueueSetting {
  readonly clock = new VirtualClock()
  readonly journals = new FakeJournals()
  readonly locks = new FakeLocks()
  readonly wires = new FakeWires()
  readonly storage = new MemoryStorage()
  readonly store: FakeStore
  maxObjectSize = 5e12
  /** When the API's list of uploads may answer. */
  listing: Promise<unknown> = Promise.resolve()

  constructor(options: Omit<FakeStoreOptions, 'clock'> = {}) {
    this.store = new FakeStore({ clock: this.clock, ...options })
  }

  /** What was on its way when a tab was killed has arrived. */
  landed(): Promise<void> {
    return new Promise((resolve) => void this.clock.after(1_000, resolve))
  }

  tab(options: Partial<Omit<QueueOptions, 'ports'>> & { ports?: Partial<QueuePorts> } = {}): Tab {
    return new Tab(this, options)
  }
}

export class Tab {
  readonly queue: UploadQueue
  readonly page = new EventTarget()
  /** Paths of the files whose uploads were begun here. */
  readonly begun: string[] = []
  readonly #setting: QueueSetting
  #isDead = false

  constructor(setting: QueueSetting, { ports, ...options }: Parameters<QueueSetting['tab']>[0] = {}) {
    this.#setting = setting
    const { clock, locks, wires, storage } = setting
    this.queue = createUploadQueue({
      endpoint: ENDPOINT,
      client: this.#client(clock),
      ports: {
        ...{ locks: locks.of(this), wire: (name) => wires.open(this, name), storage, clock, page: this.page },
        ...ports,
      },
      ...options,
    })
  }

  /** As a browser kills a page: nothing of it goes on, and its locks are free. */
  kill(): void {
    this.#isDead = true
    this.#setting.wires.cut(this)
    this.#setting.journals.kill(0)
    this.#setting.locks.free(this)
  }

  /** Resolves once that is so of what the queue shows. */
  until(fits: (items: readonly QueueItem[]) => boolean): Promise<readonly QueueItem[]> {
    return new Promise((resolve) => {
      const look = () => {
        if (!fits(this.queue.items)) return
        unsubscribe()
        resolve(this.queue.items)
      }
      const unsubscribe = this.queue.subscribe(look)
      look()
    })
  }

  /** By name. */
  item(name: string): QueueItem {
    const item = this.queue.items.find((item) => item.name === name)
    if (!item) throw new Error(`Expected ${name}, got ${this.queue.items.map(({ name }) => name)}.`)
    return item
  }

  states(): Record<string, string> {
    return Object.fromEntries(this.queue.items.map(({ name, state }) => [name, state]))
  }

  #client(clock: Clock): BrowserClient {
    const { store, journals } = this.#setting
    const lanes = createLanes({ start: 5, max: 5, clock })
    const api = this.#mortal<ControlPlane>({
      ...store.controlPlane,
      describe: async () => ({ maxObjectSize: this.#setting.maxObjectSize }) as never,
      initiate: (...call) => store.controlPlane.initiate(...call),
      complete: (...call) => store.controlPlane.complete(...call),
      listUploads: async (page, signal) => {
        await this.#setting.listing
        const { uploads, next } = await store.controlPlane.listUploads(page, signal)
        return { uploads: uploads.map((listed) => ({ ...listed, ...this.#held(listed.uploadId) })), next }
      },
    })
    const ports = {
      ...{ controlPlane: api, transport: this.#mortal<PartTransport<Uint8Array>>(store.transport(true)) },
      ...enginePorts,
      ...{ journals, clock, lanes, recovery: createRecovery(), random: () => 0.5 },
    }
    return {
      api,
      upload: (file: File, options = {}) => {
        const name = options.fileName ?? file.name
        this.begun.push(name)
        return upload(sourceOf(file, name), ports, options)
      },
    } as BrowserClient
  }

  #held(uploadId: string) {
    const parts = [...(this.#setting.store.uploads.get(uploadId)?.parts.values() ?? [])]
    return { parts: parts.length, bytes: parts.reduce((sum, { bytes }) => sum + bytes.length, 0) }
  }

  #mortal<Ports extends object>(ports: Ports): Ports {
    return new Proxy(ports, {
      get: (target, name) => {
        const value = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return (...given: unknown[]) => (this.#isDead ? new Promise(() => {}) : value.apply(target, given))
      },
    })
  }
}

interface Turn {
  readonly owner: unknown
  readonly name: string
  take(): Promise<unknown>
  done(end: unknown): void
}

/** As the browser's, for the tabs of one setting. */
export class FakeLocks {
  #waiting: Turn[] = []
  readonly #held = new Map<string, { owner: unknown }>()

  of(owner: unknown): Pick<LockManager, 'request'> {
    const request = (name: string, { signal }: LockOptions, take: () => Promise<unknown>) =>
      new Promise((done, reject) => {
        const turn = { owner, name, take, done }
        signal?.addEventListener('abort', () => {
          if (this.#withdraw((one) => one === turn)) reject(signal.reason)
        })
        this.#waiting.push(turn)
        queueMicrotask(() => this.#giveOut())
      })
    return { request } as unknown as Pick<LockManager, 'request'>
  }

  free(owner: unknown): void {
    this.#withdraw((turn) => turn.owner === owner)
    for (const [name, held] of this.#held) if (held.owner === owner) this.#held.delete(name)
    this.#giveOut()
  }

  #withdraw(fits: (turn: Turn) => boolean): boolean {
    const before = this.#waiting.length
    this.#waiting = this.#waiting.filter((turn) => !fits(turn))
    return this.#waiting.length < before
  }

  #giveOut(): void {
    for (const turn of [...this.#waiting]) {
      const { owner, name, take, done } = turn
      if (this.#held.has(name)) continue
      this.#withdraw((one) => one === turn)
      const held = { owner }
      this.#held.set(name, held)
      take().then((end) => {
        if (this.#held.get(name) === held) this.#held.delete(name)
        done(end)
        this.#giveOut()
      })
    }
  }
}

/** BroadcastChannels between the tabs of one setting. */
export class FakeWires {
  posts: unknown[] = []
  readonly #open = new Map<Wire, { owner: unknown; name: string }>()

  open(owner: unknown, name: string): Wire {
    const wire: Wire = {
      onmessage: null,
      postMessage: (data) => {
        if (!this.#open.has(wire)) return
        this.posts.push(data)
        for (const [other, { name: itsName }] of this.#open) {
          if (other !== wire && itsName === name)
            queueMicrotask(() => other.onmessage?.(new MessageEvent('message', { data })))
        }
      },
      close: () => this.#open.delete(wire),
    }
    this.#open.set(wire, { owner, name })
    return wire
  }

  cut(owner: unknown): void {
    for (const [wire, { owner: its }] of this.#open) {
      if (its !== owner) continue
      wire.onmessage = null
      this.#open.delete(wire)
    }
  }
}

export class MemoryStorage implements KeptStorage {
  readonly items = new Map<string, Kept>()
  readonly files = new Map<string, File>()
  transactions = 0
  /** What it rejects with. */
  failure: Error | undefined
  free = 100 * 2 ** 30

  async load(): Promise<readonly Kept[]> {
    if (this.failure) throw this.failure
    return [...this.items.values()].map((kept) => ({ ...kept, file: this.files.get(kept.id) }))
  }

  async write(changes: ReadonlyMap<string, Kept | undefined>, stale?: ReadonlySet<string>): Promise<void> {
    this.transactions++
    if (this.failure) throw this.failure
    for (const [id, kept] of changes) {
      if (kept) this.items.set(id, { ...kept, file: undefined })
      else this.items.delete(id)
      if (!kept || stale?.has(id)) this.files.delete(id)
    }
  }

  async copy(files: ReadonlyMap<string, File>): Promise<void> {
    this.transactions++
    if (this.failure) throw this.failure
    for (const [id, file] of files) this.files.set(id, file)
  }

  async room(): Promise<number> {
    return [...this.files.values()].reduce((left, { size }) => left - size, this.free)
  }
}
