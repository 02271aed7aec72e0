import type { BrowserClient, FileOptions } from '../../client/browser/index.ts'
import { systemClock } from '../../client/clock.ts'
import type { Clock } from '../../client/ports.ts'
import { isMoving } from '../item-states.ts'
import type { QueueItem, Refusal, UploadQueue } from '../upload-queue.ts'
import type { KeptStorage, Told } from './kept.ts'
import type { Action, Command, Message, News } from './messages.ts'
import type { Runner } from './runner.ts'
import { joinTabs, type Tabs, type TabsPorts } from './tabs.ts'

/** Other tabs hear of bytes that moved so often; of everything else at once. */
const TELL_MS = 250

/** The code that runs uploads could not be loaded: so soon it is tried again, which only some browsers do before a reload. */
const LOAD_AGAIN_MS = 5_000

export interface QueueOptions {
  /** Of the API. Tabs with the same one share a queue. */
  readonly endpoint: string
  readonly client: BrowserClient
  /** Looked at whenever an upload begins, in the tab that runs it. */
  readonly uploadOptions?: Pick<FileOptions, 'partSize' | 'concurrency' | 'metadata'> | undefined
  readonly ports?: Partial<QueuePorts> | undefined
}

/** What a browser brings, and tests bring instead. */
export interface QueuePorts extends TabsPorts {
  /** `null`: nothing is remembered. @default the browser's, where it has locks */
  readonly storage: KeptStorage | null | undefined
  readonly clock: Clock
  /** Tells of `pagehide`, `pageshow` and `online`. */
  readonly page: Pick<EventTarget, 'addEventListener'>
  /** What only the tab that runs the uploads needs. */
  readonly load: () => Promise<typeof import('./runner.ts')>
}

/** The uploads of this origin to one API. */
export function createUploadQueue({ endpoint, client, uploadOptions, ports }: QueueOptions): UploadQueue {
  const {
    locks = globalThis.navigator?.locks ?? null,
    // Two tabs that cannot share would both send what one of them remembers.
    storage = locks && undefined,
    wire = (name) => new BroadcastChannel(name),
    clock = systemClock,
    page = globalThis,
    load = () => import('./runner.ts'),
  }: Partial<QueuePorts> = ports ?? {}
  const listeners = new Set<() => void>()
  /** Commands that no tab has answered yet. */
  const asks = new Map<number, { ask: Command; answer(refusals: readonly Refusal[]): void }>()
  const left = new AbortController()
  let tabs: Tabs | undefined
  let runner: Runner | undefined
  /** As told by the tab that runs them; there, as it told them. */
  let told = new Map<string, Told>()
  /** As told before the page was left. Its Files are alive in a page that came back. */
  let before: ReadonlyMap<string, Told> = told
  /** Ids of those that changed since; `undefined`: of all. */
  let untold: Set<string> | undefined
  let items: readonly QueueItem[] | undefined
  let isReady = false
  /** Whether any other tab listens. */
  let isHeard = false
  let toldAt = Number.NEGATIVE_INFINITY
  let isTelling = false
  let cancelTell: (() => void) | undefined
  let becomeReady = () => {}
  const ready = new Promise<void>((resolve) => {
    becomeReady = resolve
  })

  const post = (message: Message) => tabs?.post(message)

  function join(): void {
    tabs = joinTabs(`partway-queue ${endpoint}`, { locks, wire }, lead, (message) => hear(message as Message))
    post({ hello: true })
  }

  function leave(): void {
    tell()
    const run = runner
    runner = undefined
    tabs?.leave(run?.stop())
    tabs = undefined
  }

  async function lead(): Promise<void> {
    const mine = tabs
    const module = await load().catch(() => undefined)
    if (tabs !== mine || !mine) return
    if (!module) {
      // The element says so. Safari, and Firefox from 155, fetch it then: HTML did not allow that before 2026.
      clock.after(LOAD_AGAIN_MS, lead)
      return
    }
    const options = () => uploadOptions ?? {}
    const run = module.createRunner({ client, endpoint, clock, storage, options, onChange: changed })
    await run.begin(told, before)
    if (tabs !== mine) return void run.stop()
    runner = run
    untold = undefined
    tell(true)
    for (const [id, { ask }] of asks) answer(id, run.perform(ask))
    if (!isReady) await run.list(page)
    settleReady()
    changed(true)
  }

  /** @param urgent more than bytes that moved */
  function changed(urgent: boolean, id?: string): void {
    items = undefined
    if (id) untold?.add(id)
    if (isHeard && !isTelling) {
      const wait = toldAt + TELL_MS - clock.now()
      // A tab in the background has slow timers, but its uploads go on telling.
      isTelling = urgent || wait <= 0
      if (isTelling) queueMicrotask(tell)
      else cancelTell ??= clock.after(wait, tell)
    }
    for (const listener of listeners) listener()
  }

  function tell(first = false): void {
    isTelling = false
    cancelTell?.()
    cancelTell = undefined
    toldAt = clock.now()
    if (!runner) return
    const all = !untold
    if (all) told = new Map()
    const news: Told[] = []
    const gone: string[] = []
    for (const id of untold ?? runner.entries.keys()) {
      const entry = runner.entries.get(id)
      const before = told.get(id)
      if (!entry) {
        told.delete(id)
        gone.push(id)
      } else if (before?.item !== entry.item || before.kept !== entry.kept) {
        const { item, kept } = entry
        told.set(id, { item, kept })
        news.push({ item, kept: before?.kept === kept ? undefined : kept })
      }
    }
    untold = new Set()
    post({ news: { first, all, ready: isReady, told: news, gone } })
  }

  function hear(message: Message): void {
    if ('answer' in message) answer(message.id, message.answer)
    else if ('news' in message) learn(message.news)
    else if (runner) {
      isHeard = true
      if ('hello' in message) untold = undefined
      const answer = 'ask' in message && runner.perform(message.ask)
      // Whoever has an answer has seen what came of it.
      tell()
      if (answer) post({ answer, id: message.id })
    }
  }

  function learn({ first, all, ready, told: news, gone }: News): void {
    if (all) told = new Map()
    for (const { item, kept } of news) told.set(item.id, { item, kept: kept ?? told.get(item.id)?.kept })
    for (const id of gone) told.delete(id)
    if (first) {
      post({ hello: true })
      for (const [id, { ask }] of asks) post({ ask, id })
    }
    if (ready) settleReady()
    changed(false)
  }

  function ask(ask: Command): Promise<readonly Refusal[]> {
    if (runner) return Promise.resolve(runner.perform(ask))
    return new Promise((answer) => {
      const id = Math.random()
      asks.set(id, { ask, answer })
      post({ ask, id })
    })
  }

  function answer(id: number, refusals: readonly Refusal[]): void {
    asks.get(id)?.answer(refusals)
    asks.delete(id)
  }

  function settleReady(): void {
    isReady = true
    becomeReady()
  }

  /** In the tab of the click, of which a browser knows. */
  async function permit(wanted: readonly QueueItem[]): Promise<void> {
    for (const { id } of wanted) {
      const { handle } = (runner?.entries.get(id) ?? told.get(id))?.kept ?? {}
      try {
        if ((await (handle as Partial<Asking> | undefined)?.requestPermission?.()) !== 'granted') continue
        await ask({ do: 'give', id, file: await handle?.getFile().catch(() => undefined) })
      } catch {
        // Too long after the click: the next one asks again.
      }
    }
  }

  const look = () => {
    items ??= [...(runner?.entries ?? told).values()].map(({ item }) => item)
    return items
  }
  const asking = (action: Action) => (id?: string) => void ask({ do: action, id })

  const onPage = ({ type, persisted }: PageTransitionEvent) => {
    // A page that may come back as it was keeps no other from going on meanwhile; and then, what is remembered counts, if anything is.
    if (!persisted) return
    if (type === 'pagehide') leave()
    else if (!tabs) {
      before = told
      if (locks) told = new Map()
      join()
    }
  }
  for (const type of ['pagehide', 'pageshow'])
    page.addEventListener(type, onPage as EventListener, { signal: left.signal })
  join()

  return {
    ready,
    get items() {
      return look()
    },
    get waitingFor() {
      const moving = look().filter(({ state }) => isMoving(state))
      return moving.every(({ state, problem }) => state === 'waiting' && !problem)
        ? moving[0]?.waitingFor
        : undefined
    },
    get runsHere() {
      return !!runner
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    add: (files) => ask({ do: 'add', files }),
    pause: asking('pause'),
    resume(id) {
      void permit(look().filter((item) => item.needs === 'permission' && (id ?? item.id) === item.id))
      asking('resume')(id)
    },
    retry: asking('retry'),
    restart: asking('restart'),
    cancel: asking('cancel'),
    remove: asking('remove'),
    close() {
      left.abort()
      leave()
    },
  }
}

interface Asking {
  requestPermission(): Promise<PermissionState>
}
