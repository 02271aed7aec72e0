/** Writes lines at the end of something. @throws where it wrote none of them */
export type WriteLines = (lines: readonly Uint8Array[], durable: boolean) => Promise<void>

interface Batch {
  readonly lines: Uint8Array[]
  durable: boolean
  readonly written: Promise<void>
}

/**
 * Appends lines in their order, one write at a time: what is appended while one is under way goes together. Lines that could not
 * be written are tried again with the next ones, so that what is there is always a beginning of what was said.
 */
export class Appender {
  readonly #write: WriteLines
  #owed: Uint8Array[] = []
  #batch: Batch | undefined
  #last: Promise<void> = Promise.resolve()
  #ended = false

  constructor(write: WriteLines) {
    this.#write = write
  }

  async append(line: Uint8Array, durable: boolean): Promise<void> {
    this.#checkOpen()
    this.#batch ??= this.#begin()
    this.#batch.lines.push(line)
    this.#batch.durable ||= durable
    return this.#batch.written
  }

  /** Does something else once everything appended so far was tried. What is still owed by then is given up. */
  async after(work: () => Promise<void>): Promise<void> {
    this.#checkOpen()
    this.#batch = undefined
    return this.#next(() => {
      this.#owed = []
      return work()
    })
  }

  /** The same, for the last time. Harmless when repeated. */
  async end(work: () => Promise<void>): Promise<void> {
    if (this.#ended) return
    const done = this.after(work)
    this.#ended = true
    return done
  }

  #checkOpen(): void {
    if (!this.#ended) return
    throw new Error('Expected an open journal, got one that was given back: another may write it now.')
  }

  #begin(): Batch {
    const written = this.#next(async () => {
      if (this.#batch === batch) this.#batch = undefined
      this.#owed.push(...batch.lines)
      await this.#write(this.#owed, batch.durable)
      this.#owed = []
    })
    const batch: Batch = { lines: [], durable: false, written }
    return batch
  }

  #next(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => {})
    return done
  }
}
