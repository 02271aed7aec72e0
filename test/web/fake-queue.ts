import type { PickedFile, QueueItem, UploadQueue } from '../../element/upload-queue.ts'

/** A queue without a network: its items are what a test says. Stands in for element/queue/index.ts in a bundle (fake-element.ts). */
export class FakeQueue implements UploadQueue {
  items: QueueItem[] = []
  waitingFor: UploadQueue['waitingFor']
  runsHere = true
  ready = Promise.resolve()
  closed = false
  /** What was asked for, `pause film.mov`, or `pause` of all. */
  readonly asked: string[] = []
  /** Refuses the files of these names. */
  refuses: Record<string, string> = {}
  readonly #listeners = new Set<() => void>()

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  get listeners(): number {
    return this.#listeners.size
  }
  async add(files: readonly PickedFile[]) {
    const refused: { name: string; sentence: string }[] = []
    for (const { file, path = file.name, handle } of files) {
      const sentence = this.refuses[path]
      this.asked.push(`add ${path} ${file.size}${handle ? ' with a handle' : ''}`)
      if (sentence) refused.push({ name: path, sentence })
      else this.put(makeItem(path, { state: 'queued', size: file.size, bytes: 0, parts: '' }))
    }
    return refused
  }
  pause(id?: string): void {
    this.#ask('pause', id)
  }
  resume(id?: string): void {
    this.#ask('resume', id)
  }
  retry(id?: string): void {
    this.#ask('retry', id)
  }
  restart(id: string): void {
    this.#ask('restart', id)
  }
  cancel(id?: string): void {
    this.#ask('cancel', id)
  }
  remove(id?: string): void {
    this.#ask('remove', id)
  }
  close(): void {
    this.closed = true
  }

  /** Puts items in, in place of those with their ids. */
  put(...items: readonly QueueItem[]): void {
    const known = new Map(items.map((item) => [item.id, item]))
    const before = new Set(this.items.map(({ id }) => id))
    this.items = [
      ...this.items.map((item) => known.get(item.id) ?? item),
      ...items.filter(({ id }) => !before.has(id)),
    ]
    this.changed()
  }
  change(id: string, changes: Partial<QueueItem>): void {
    const item = this.items.find((item) => item.id === id)
    if (item) this.put({ ...item, ...changes })
  }
  take(...ids: readonly string[]): void {
    this.items = this.items.filter(({ id }) => !ids.includes(id))
    this.changed()
  }
  /** Tells whoever listens, as a queue does after each change. */
  changed(): void {
    for (const listener of this.#listeners) listener()
  }

  #ask(what: string, id: string | undefined): void {
    this.asked.push(id === undefined ? what : `${what} ${id}`)
  }
}

/** The last that was opened in this page. */
declare global {
  var fakeQueue: FakeQueue
  var fakeItem: typeof makeItem
  var manyItems: typeof makeMany
  var fakeStates: typeof STATES
}

export function createUploadQueue(): UploadQueue {
  globalThis.fakeQueue = new FakeQueue()
  return globalThis.fakeQueue
}

function makeItem(name: string, changes: Partial<QueueItem> = {}): QueueItem {
  return {
    id: name,
    name,
    state: 'uploading',
    size: 2e9,
    bytes: 1e9,
    bytesResumed: 0,
    rate: 24.1e6,
    secondsLeft: 80,
    parts: partsOf(239, 0.5),
    partsDone: 119,
    retries: 0,
    struggling: false,
    waitingFor: undefined,
    queued: false,
    needs: undefined,
    note: undefined,
    problem: undefined,
    result: undefined,
    ...changes,
  }
}

/** A map with some of everything. */
function partsOf(count: number, fraction: number): string {
  const done = Math.floor(count * fraction)
  return Array.from({ length: count }, (_, index) => {
    if (index < done) return index % 41 === 7 ? '+' : '#'
    if (index < done + 5) return index === done + 2 ? '!' : '>'
    return '.'
  }).join('')
}

const problem = (code: string, sentence: string, action?: 'retry' | 'restart' | 'choose') => ({
  problem: { code, sentence, action },
})

/** An item of each state, as it can be seen. */
const STATES = {
  uploading: { state: 'uploading' },
  done: {
    state: 'done',
    bytes: 2e9,
    parts: partsOf(239, 1),
    result: {
      key: 'uploads/public/0198f2a4-7c1e-7bb2-9d2e-1f0a7c3e5d11-t8kq80-8/film.mov',
      size: 2e9,
      etag: undefined,
      checksum: { algorithm: 'CRC64NVME', value: 'rosUhgoASJk=' },
      versionId: undefined,
      location:
        'https://films.s3.eu-central-1.amazonaws.com/uploads/public/0198f2a4-7c1e-7bb2-9d2e-1f0a7c3e5d11-t8kq80-8/film.mov',
      verified: 'checksum',
      downgraded: undefined,
      bytesTransferred: 2e9,
      bytesResumed: 0,
      elapsed: 83_000,
    },
  },
  queued: { state: 'queued', bytes: 0, parts: '', rate: undefined, secondsLeft: undefined },
  paused: { state: 'paused', rate: undefined, secondsLeft: undefined },
  resumable: {
    state: 'resumable',
    ...problem(
      'network',
      'The connection was lost. What has arrived is kept: check your network, then retry.',
      'retry',
    ),
  },
  failed: {
    state: 'failed',
    ...problem(
      'file-changed',
      'This file changed, moved or was deleted after the upload began. Choose it again to send it as it is now.',
      'choose',
    ),
  },
  waiting: { state: 'waiting', waitingFor: 'network', rate: undefined, secondsLeft: undefined },
  unfinished: { state: 'unfinished', needs: 'click', rate: undefined, secondsLeft: undefined },
  'unfinished-file': {
    state: 'unfinished',
    needs: 'file',
    rate: undefined,
    secondsLeft: undefined,
    parts: '',
  },
  'unfinished-permission': {
    state: 'unfinished',
    needs: 'permission',
    rate: undefined,
    secondsLeft: undefined,
  },
  completing: { state: 'completing', bytes: 2e9, parts: partsOf(239, 1), rate: 0, secondsLeft: 0 },
  planned: { state: 'planned', bytes: 0, parts: '', rate: undefined, secondsLeft: undefined },
  struggling: { state: 'uploading', struggling: true, rate: 0, secondsLeft: undefined, note: 'unrecorded' },
  cancelling: { state: 'cancelling', rate: undefined, secondsLeft: undefined },
  'of-another-turn': { state: 'uploading', queued: true, rate: 0, secondsLeft: undefined },
  resumed: { state: 'uploading', bytesResumed: 4e8, note: 'set-aside' },
} satisfies Record<string, Partial<QueueItem>>

function makeMany(count: number): QueueItem[] {
  const states: [string, Partial<QueueItem>][] = Object.entries(STATES)
  return Array.from({ length: count }, (_, index) => {
    const [name, changes] = states[index % states.length] ?? ['', {}]
    const size = 3e6 * (1 + ((index * 7) % 900))
    const share = (changes.bytes ?? 1e9) / 2e9
    return makeItem(`Reel ${index + 1} ${name}.mov`, { ...changes, size, bytes: Math.round(size * share) })
  })
}

Object.assign(globalThis, {
  fakeItem: makeItem,
  manyItems: makeMany,
  fakePartsOf: partsOf,
  fakeStates: STATES,
})
