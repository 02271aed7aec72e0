import type { BrowserClient, UnfinishedDownload } from '../../client/browser/index.ts'
import type { Run } from './run.ts'

/** More is not asked for at once: so many calls are a second or two. */
const PAGES_AT_ONCE = 10

/** One object, and what becomes of it here. */
export interface Entry {
  readonly key: string
  fileName: string
  /** Bytes. */
  size: number
  /** When it was stored, in ISO 8601; `undefined` where the list does not have it. */
  modified: string | undefined
  /** What an earlier visit left of it. */
  unfinished: UnfinishedDownload | undefined
  run: Run | undefined
  /** The browser saves it by itself. */
  handedOver: boolean
  /** What could not be done with it, for a person. */
  problem: string
}

/** What is in the bucket for this caller. */
export class Entries {
  readonly #client: BrowserClient
  readonly #byKey = new Map<string, Entry>()
  #cursor: string | undefined

  constructor(client: BrowserClient) {
    this.#client = client
  }

  /** Whether the bucket has more than was asked for yet. */
  get hasMore(): boolean {
    return this.#cursor !== undefined
  }

  get all(): readonly Entry[] {
    return [...this.#byKey.values()]
  }

  /** What is on its way or was begun comes first; then what was stored last. */
  sorted(filter: string): readonly Entry[] {
    const wanted = filter.trim().toLowerCase()
    const found = this.all.filter((entry) => isBegun(entry) || entry.fileName.toLowerCase().includes(wanted))
    return found.sort(
      (a, b) =>
        Number(isBegun(b)) - Number(isBegun(a)) ||
        (b.modified ?? '').localeCompare(a.modified ?? '') ||
        b.key.localeCompare(a.key),
    )
  }

  /** From the beginning. What is gone is left out, unless something becomes of it here. */
  async load(signal: AbortSignal): Promise<void> {
    const unfinished = await this.#client.unfinishedDownloads().catch(() => [])
    const listed = new Set<string>()
    this.#cursor = await this.#pages(undefined, signal, listed)
    for (const entry of this.all) entry.unfinished = undefined
    for (const left of unfinished) {
      const { key, fileName, size } = left
      const entry = this.#byKey.get(key) ?? this.#add({ key, fileName, size, modified: undefined })
      // The latest comes first.
      entry.unfinished ??= left
    }
    if (this.hasMore) return
    for (const entry of this.all) {
      if (!listed.has(entry.key) && !entry.run && !entry.unfinished) this.#byKey.delete(entry.key)
    }
  }

  /** The API lists in the order in which uploads were begun, so there is nothing newer than what was listed last. */
  async more(signal: AbortSignal): Promise<void> {
    this.#cursor = await this.#pages(this.#cursor, signal, new Set())
  }

  async #pages(
    from: string | undefined,
    signal: AbortSignal,
    listed: Set<string>,
  ): Promise<string | undefined> {
    let cursor = from
    for (let page = 0; page < PAGES_AT_ONCE; page++) {
      const { objects, next } = await this.#client.api.listObjects({ ...(cursor && { cursor }) }, signal)
      for (const { key, fileName, size, modified } of objects) {
        listed.add(key)
        const known = this.#byKey.get(key)
        if (known) Object.assign(known, { fileName, size, modified })
        else this.#add({ key, fileName, size, modified })
      }
      cursor = next
      if (!cursor) return undefined
    }
    return cursor
  }

  #add(object: Pick<Entry, 'key' | 'fileName' | 'size' | 'modified'>): Entry {
    const entry = { ...object, unfinished: undefined, run: undefined, handedOver: false, problem: '' }
    this.#byKey.set(object.key, entry)
    return entry
  }
}

/** Unfinished, or on its way. */
export function isBegun({ unfinished, run }: Entry): boolean {
  return run ? run.state !== 'done' : unfinished !== undefined
}
