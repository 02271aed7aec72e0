/** Hands on what comes one at a time together, as soon as what came before is done with: so many files can share one sync of the disk. */
export class Batches<Entry> {
  readonly #write: (entries: readonly Entry[]) => Promise<void>
  #waiting: Entry[] = []
  #next: Promise<void> | undefined
  #last: Promise<void> = Promise.resolve()

  /** @param write one call at a time; after one that fails there is none */
  constructor(write: (entries: readonly Entry[]) => Promise<void>) {
    this.#write = write
  }

  /** @throws what writing it threw, or what came before it */
  add(entry: Entry): Promise<void> {
    this.#waiting.push(entry)
    this.#next ??= this.#last = this.#last.then(() => {
      const entries = this.#waiting
      this.#waiting = []
      this.#next = undefined
      return this.#write(entries)
    })
    return this.#next
  }

  /** Resolves when everything was tried. */
  async settled(): Promise<void> {
    await this.#last.catch(() => {})
  }
}
