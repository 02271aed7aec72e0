import type { BrowserClient, FileOptions } from '../../client/browser/index.ts'
import { systemClock } from '../../client/clock.ts'
import type { Clock } from '../../client/ports.ts'
import { isMoving, isOver } from '../item-states.ts'
import type { PickedFile, QueueItem, Refusal, UploadQueue } from '../upload-queue.ts'
import { Keeper } from './keeper.ts'
import type { Kept, KeptStorage } from './kept.ts'
import { type Limits, refusalOf } from './refusals.ts'
import { type Command, Runner } from './runner.ts'
import { indexedDbItems } from './storage.ts'
import { joinTabs, type Tabs, type TabsPorts } from './tabs.ts'

/** Other tabs hear of bytes that moved so often; of everything else at once. */
const TELL_MS = 250

/** What is remembered comes at once, or not at all: nobody waits for a browser that does not answer. */
const LOAD_MS = 5_000

export interface QueueOptions extends Limits {
  /** Of the API. Tabs with the same one share a queue. */
  readonly endpoint: string
  readonly client: BrowserClient
  /** Looked at whenever an upload begins, in the tab that runs it. */
  readonly uploadOptions?: Pick<FileOptions, 'partSize' | 'concurrency' | 'metadata'> | undefined
  readonly ports?: Partial<QueuePorts> | undefined
}

/** What a browser brings, and tests bring instead. */
export interface QueuePorts extends TabsPorts {
  /** `null`: nothing is remembered. */
  readonly storage: KeptStorage | null
  readonly clock: Clock
  /** Tells of `pagehide` and `pageshow`. */
  readonly page: Pick<EventTarget, 'addEventListener' | 'removeEventListener'>
}

/** The uploads of this origin to one API. */
export function createUploadQueue(options: QueueOptions): UploadQueue {
  return new SharedQueue(options)
}

/** What the tab that runs the uploads tells the others: only what changed, and all of it to those who ask. */
interface News {
  readonly from: number
  readonly ready: boolean
  readonly items: readonly QueueItem[]
  readonly kept: readonly Kept[]
  /** All that there are, in order, where that changed. */
  readonly ids?: readonly string[] | undefined
}

type Message =
  | { readonly hello: true }
  | { readonly news: News }
  | { readonly ask: Command; readonly id: number }
  | { readonly answer: readonly Refusal[]; readonly id: number }

class SharedQueue implements UploadQueue {
  readonly ready: Promise<void>
  readonly #options: QueueOptions
  readonly #ports: QueuePorts
  readonly #name: string
  readonly #listeners = new Set<() => void>()
  readonly #becomeReady: () => void
  #isReady = false
  #tabs: Tabs | undefined
  #runner: Runner | undefined
  #keeper: Keeper | undefined
  /** As told by the tab that runs them; there, as it told them. */
  #told = new Map<string, QueueItem>()
  #kept = new Map<string, Kept>()
  #ids: readonly string[] = []
  /** The tab that runs them: a number of its own. */
  #leader = 0
  readonly #me = Math.random()
  /** Whether any other tab listens. */
  #isHeard = false
  #toldAt = Number.NEGATIVE_INFINITY
  #isTelling = false
  #cancelTell: (() => void) | undefined
  /** Commands that no tab has answered yet. */
  readonly #asks = new Map<number, { command: Command; answer(refusals: readonly Refusal[]): void }>()
  #items: readonly QueueItem[] | undefined
  /** Bytes that the API takes, once it has said so. */
  #largest: number | undefined = undefined

  constructor(options: QueueOptions) {
    this.#options = options
    const locks = globalThis.navigator?.locks ?? null
    this.#ports = {
      locks,
      // Two tabs that cannot share would both send what one of them remembers.
      storage: locks && indexedDbItems(),
      wire: (name) => new BroadcastChannel(name),
      clock: systemClock,
      page: globalThis,
      ...options.ports,
    }
    this.#name = `partway-queue ${options.endpoint}`
    let becomeReady = () => {}
    this.ready = new Promise((resolve) => {
      becomeReady = resolve
    })
    this.#becomeReady = becomeReady
    this.#join()
    this.#ports.page.addEventListener('pagehide', this.#onPage)
    this.#ports.page.addEventListener('pageshow', this.#onPage)
  }

  get items(): readonly QueueItem[] {
    this.#items ??= this.#runner
      ? [...this.#runner.entries.values()].map(({ item }) => item)
      : this.#ids.flatMap((id) => this.#told.get(id) ?? [])
    return this.#items
  }

  get waitingFor(): UploadQueue['waitingFor'] {
    const moving = this.items.filter(({ state }) => isMoving(state))
    return moving.every(({ state }) => state === 'waiting') ? moving[0]?.waitingFor : undefined
  }

  get runsHere(): boolean {
    return this.#runner !== undefined
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async add(files: readonly PickedFile[]): Promise<readonly Refusal[]> {
    void this.#learnLimit()
    const limits = { maxSize: this.#largest, ...this.#options }
    const refusals = files.map((file) => refusalOf(file, limits))
    const taken = files.filter((_, index) => !refusals[index])
    const refused = refusals.flatMap((refusal) => refusal ?? [])
    return [...refused, ...(await this.#ask({ do: 'add', files: taken }))]
  }

  pause(id?: string): void {
    this.#ask({ do: 'pause', id })
  }

  resume(id?: string): void {
    const asked = this.items.filter((item) => item.needs === 'permission' && (id ?? item.id) === item.id)
    void this.#permit(asked)
    this.#ask({ do: 'resume', id })
  }

  retry(id?: string): void {
    this.#ask({ do: 'retry', id })
  }

  restart(id: string): void {
    this.#ask({ do: 'restart', id })
  }

  cancel(id?: string): void {
    this.#ask({ do: 'cancel', id })
  }

  remove(id?: string): void {
    this.#ask({ do: 'remove', id })
  }

  close(): void {
    this.#leave()
    this.#ports.page.removeEventListener('pagehide', this.#onPage)
    this.#ports.page.removeEventListener('pageshow', this.#onPage)
  }

  #join(): void {
    this.#tabs = joinTabs(
      this.#name,
      this.#ports,
      () => void this.#lead(),
      (message) => this.#hear(message as Message),
    )
    this.#post({ hello: true })
  }

  #leave(): void {
    this.#tell()
    this.#cancelTell?.()
    const runner = this.#runner
    this.#runner = this.#keeper = undefined
    this.#tabs?.leave(runner?.stop())
    this.#tabs = undefined
  }

  /** A page that may come back as it was keeps no other from going on meanwhile; and then, what was remembered counts. */
  readonly #onPage = (event: Event): void => {
    if (!(event as PageTransitionEvent).persisted) return
    if (event.type === 'pagehide') this.#leave()
    else if (!this.#tabs) {
      this.#told.clear()
      this.#join()
    }
  }

  async #lead(): Promise<void> {
    const tabs = this.#tabs
    const { storage, clock } = this.#ports
    const { endpoint, client } = this.#options
    const remembered = storage ? await inTime(storage.load(), clock) : []
    if (this.#tabs !== tabs) return
    const all = new Map(
      remembered.filter((kept) => kept.endpoint === endpoint).map((kept) => [kept.id, kept]),
    )
    const runner = new Runner({
      ...{ client, endpoint, clock },
      options: () => this.#options.uploadOptions ?? {},
      onChange: (urgent) => this.#changed(urgent),
    })
    const keeper =
      storage &&
      new Keeper(
        storage,
        () =>
          [...runner.entries.values()].flatMap(({ state, kept }) => (isRemembered(state, kept) ? kept : [])),
        (ids) => {
          for (const id of ids) runner.entries.get(id)?.forgotten()
        },
      )
    keeper?.found([...all.values()])
    // What another tab knew can be newer than what is stored, and its Files need no asking.
    for (const [id, kept] of this.#kept)
      if (this.#told.has(id) || all.has(id)) all.set(id, { ...all.get(id), ...kept })
    await Promise.all([...all.values()].map((kept) => runner.recall(kept, this.#told.get(kept.id))))
    if (this.#tabs !== tabs) return void runner.stop()
    // Not before the list is whole: what is not on it is forgotten.
    this.#keeper = keeper ?? undefined
    this.#runner = runner
    this.#tellAll()
    for (const [id, { command }] of this.#asks) this.#answer(id, runner.perform(command))
    if (!this.#isReady) await runner.list().catch(() => {})
    this.#settleReady()
    this.#changed(true)
  }

  /** Something is other than it was. */
  #changed(urgent: boolean): void {
    this.#items = undefined
    if (urgent) this.#keeper?.save()
    if (this.#isHeard) this.#tellSoon(urgent)
    for (const listener of this.#listeners) listener()
  }

  #tellSoon(urgent: boolean): void {
    const { clock } = this.#ports
    const wait = this.#toldAt + TELL_MS - clock.now()
    // A tab in the background has slow timers, but its uploads go on telling.
    if (urgent || wait <= 0) {
      if (!this.#isTelling) queueMicrotask(() => this.#tell())
      this.#isTelling = true
    } else this.#cancelTell ??= clock.after(wait, () => this.#tell())
  }

  #tellAll(): void {
    this.#told.clear()
    this.#kept.clear()
    this.#ids = []
    this.#isHeard = true
    this.#changed(true)
  }

  #tell(): void {
    this.#isTelling = false
    this.#cancelTell?.()
    this.#cancelTell = undefined
    this.#toldAt = this.#ports.clock.now()
    if (!this.#runner) return
    const { items } = this
    const ids = items.map(({ id }) => id)
    const isSame = ids.length === this.#ids.length && ids.every((id, index) => id === this.#ids[index])
    const news: News = {
      from: this.#me,
      ready: this.#isReady,
      items: items.filter((item) => this.#told.get(item.id) !== item),
      kept: [...this.#runner.entries.values()].flatMap(({ kept }) =>
        this.#kept.get(kept.id) === kept ? [] : kept,
      ),
      ids: isSame ? undefined : ids,
    }
    this.#note(news)
    this.#post({ news })
  }

  #hear(message: Message): void {
    if ('answer' in message) this.#answer(message.id, message.answer)
    else if (this.#runner) {
      if ('hello' in message) this.#tellAll()
      if ('ask' in message) this.#post({ answer: this.#runner.perform(message.ask), id: message.id })
    } else if ('news' in message) {
      const { news } = message
      this.#note(news)
      if (news.from !== this.#leader)
        for (const [id, { command }] of this.#asks) this.#post({ ask: command, id })
      this.#leader = news.from
      if (news.ready) this.#settleReady()
      this.#changed(false)
    }
  }

  #note({ items, kept, ids }: News): void {
    for (const item of items) this.#told.set(item.id, item)
    for (const one of kept) this.#kept.set(one.id, one)
    if (!ids) return
    this.#ids = ids
    const known = new Set(ids)
    for (const map of [this.#told, this.#kept]) {
      for (const id of map.keys()) if (!known.has(id)) map.delete(id)
    }
  }

  #ask(command: Command): Promise<readonly Refusal[]> {
    if (this.#runner) return Promise.resolve(this.#runner.perform(command))
    return new Promise((answer) => {
      const id = Math.random()
      this.#asks.set(id, { command, answer })
      this.#post({ ask: command, id })
    })
  }

  #answer(id: number, refusals: readonly Refusal[]): void {
    this.#asks.get(id)?.answer(refusals)
    this.#asks.delete(id)
  }

  #post(message: Message): void {
    this.#tabs?.post(message)
  }

  #settleReady(): void {
    this.#isReady = true
    this.#becomeReady()
  }

  /** In the tab of the click, of which a browser knows. */
  async #permit(items: readonly QueueItem[]): Promise<void> {
    for (const { id } of items) {
      const { handle } = this.#runner?.entries.get(id)?.kept ?? this.#kept.get(id) ?? {}
      try {
        if ((await (handle as Partial<Asking> | undefined)?.requestPermission?.()) !== 'granted') continue
        await this.#ask({ do: 'give', id, file: await handle?.getFile().catch(() => undefined) })
      } catch {
        // Too long after the click: the next one asks again.
      }
    }
  }

  async #learnLimit(): Promise<void> {
    try {
      const { maxObjectSize } = await this.#options.client.api.describe(new AbortController().signal)
      this.#largest = maxObjectSize
    } catch {
      // Whatever is too large is refused later.
    }
  }
}

interface Asking {
  requestPermission(): Promise<PermissionState>
}

/** What is over needs no remembering, nor what the server remembers. */
const isRemembered = (state: QueueItem['state'], { lastModified }: Kept) =>
  !isOver(state) && state !== 'cancelling' && lastModified !== undefined

function inTime(loading: Promise<readonly Kept[]>, clock: Clock): Promise<readonly Kept[]> {
  return new Promise((resolve) => {
    const cancel = clock.after(LOAD_MS, () => resolve([]))
    loading
      .catch(() => [])
      .then((kept) => {
        cancel()
        resolve(kept)
      })
  })
}
