import type { Journal, JournalEntry, JournaledUpload } from './ports.ts'

/** An upload's journal, as the engine writes it: one that cannot be written costs the upload its resume, not its life. */
export class Ledger {
  readonly #journal: Journal
  readonly #onFailure: (error: unknown) => void
  #failed = false

  /** @param onFailure called once */
  constructor(journal: Journal, onFailure: (error: unknown) => void) {
    this.#journal = journal
    this.#onFailure = onFailure
  }

  /** Resolves when it is written, or could not be. @param durable see {@link Journal.append} */
  append(entry: JournalEntry, durable = false): Promise<void> {
    return this.#quietly(this.#journal.append(entry, durable))
  }

  clear(): Promise<void> {
    return this.#quietly(this.#journal.clear())
  }

  close(): Promise<void> {
    return this.#quietly(this.#journal.close())
  }

  async #quietly(written: Promise<void>): Promise<void> {
    try {
      await written
    } catch (error) {
      if (!this.#failed) this.#onFailure(error)
      this.#failed = true
    }
  }
}

/** The source has another identity by now: what was read of it before must not count in a later run, unless it is read again. */
export async function journalTouch(
  { ledger }: { readonly ledger: Ledger },
  upload: JournaledUpload,
  partNumbers: Iterable<number>,
): Promise<void> {
  void ledger.append({ type: 'lost', partNumbers: [...partNumbers] })
  await ledger.append({ type: 'upload', ...upload }, true)
}
