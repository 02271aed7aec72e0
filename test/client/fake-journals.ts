import type { Journal, JournalEntry, JournalStore } from '../../client/ports.ts'

interface Kept {
  entries: JournalEntry[]
  /** How many of them are on the disk for certain. */
  durable: number
  setAside: string | undefined
  owner: object | undefined
}

/** Journals as a file system or a browser keeps them: through JSON, each for one owner. */
export class FakeJournals implements JournalStore {
  /** Where nothing can be written. */
  failure: Error | undefined
  /** What closing waits for. */
  closing: Promise<void> | undefined
  /** Where it is cheap to look. */
  late?: NonNullable<JournalStore['late']>
  readonly #kept = new Map<string, Kept>()

  async open(endpoint: string, sourceId: string): Promise<Journal | undefined> {
    const name = `${endpoint} ${sourceId}`
    const kept = this.#kept.get(name) ?? { entries: [], durable: 0, setAside: undefined, owner: undefined }
    this.#kept.set(name, kept)
    if (kept.owner) return undefined
    const owner = {}
    kept.owner = owner
    const { setAside } = kept
    kept.setAside = undefined
    const write = async (change: () => void) => {
      if (kept.owner !== owner) return
      if (this.failure) throw this.failure
      change()
    }
    return {
      entries: [...kept.entries],
      setAside,
      append: (entry, durable) =>
        write(() => {
          kept.entries.push(JSON.parse(JSON.stringify(entry)))
          if (durable) kept.durable = kept.entries.length
        }),
      clear: () =>
        write(() => {
          kept.entries = []
          kept.durable = 0
        }),
      close: async () => {
        if (this.closing) await this.closing
        if (kept.owner === owner) kept.owner = undefined
      },
    }
  }

  /** How many tell of an upload. */
  get size(): number {
    return [...this.#kept.values()].filter(({ entries }) => entries.length > 0).length
  }

  /** Of the one journal that there is. */
  get entries(): JournalEntry[] {
    return [...this.#kept.values()].flatMap(({ entries }) => entries)
  }

  /** What of it is on the disk for certain. */
  get durableTypes(): string[] {
    return [...this.#kept.values()].flatMap(({ entries, durable }) =>
      entries.slice(0, durable).map(({ type }) => type),
    )
  }

  /** The parts that it tells of. */
  get parts(): number[] {
    return this.entries.flatMap((entry) => (entry.type === 'part' ? [entry.partNumber] : []))
  }

  /** As if so many parts, and no more, had reached the disk before a kill. */
  keepParts(count: number): void {
    for (const kept of this.#kept.values()) {
      let left = count
      kept.entries = kept.entries.filter(({ type }) => type !== 'part' || left-- > 0)
    }
  }

  change(change: (entries: JournalEntry[]) => JournalEntry[]): void {
    for (const kept of this.#kept.values()) kept.entries = change(kept.entries)
  }

  /** As if what was there could not be read. */
  setAside(reason: string): void {
    for (const kept of this.#kept.values()) Object.assign(kept, { entries: [], setAside: reason })
  }

  /** The process that has them open is dead, and with it some of what was not on the disk for certain. @param lost from 0 to 1 */
  kill(lost: number): void {
    for (const kept of this.#kept.values()) {
      if (!kept.owner) continue
      const unsure = kept.entries.length - kept.durable
      kept.entries.length -= Math.floor(unsure * lost)
      kept.owner = undefined
    }
  }
}
