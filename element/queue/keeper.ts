import { MIB } from '../../protocol/limits.ts'
import type { Kept, KeptStorage } from './kept.ts'

/** A File that is stored is a full copy on the disk. */
const MOST_COPIED = 256 * MIB
/** And never more of what this page may store than one in so many bytes. */
const SHARE = 10
/** In one transaction: others wait for it. */
const COPIED_AT_ONCE = 16 * MIB

/** Writes what changed, one batch after another: many changes at a time are one transaction. Nobody waits for it. */
export class Keeper {
  readonly #storage: KeptStorage
  readonly #all: () => Iterable<Kept>
  readonly #failed: (ids: Iterable<string>) => void
  #written = new Map<string, Kept>()
  /** Sizes of the Files that are stored, or that are not to be tried again. */
  readonly #copied = new Map<string, number>()
  #pending = false
  #busy = false

  /**
   * @param all what is to be remembered
   * @param failed there was no room for these
   */
  constructor(storage: KeptStorage, all: () => Iterable<Kept>, failed: (ids: Iterable<string>) => void) {
    this.#storage = storage
    this.#all = all
    this.#failed = failed
  }

  /** These are there already. */
  found(kept: readonly Kept[]): void {
    for (const one of kept) {
      this.#written.set(one.id, one)
      if (one.file && !one.handle) this.#copied.set(one.id, one.file.size)
    }
  }

  save(): void {
    this.#pending = true
    if (!this.#busy) void this.#work()
  }

  async #work(): Promise<void> {
    this.#busy = true
    do {
      this.#pending = false
      await this.#write()
      if (!this.#pending && (await this.#copy())) this.#pending = true
    } while (this.#pending)
    this.#busy = false
  }

  async #write(): Promise<void> {
    const now = new Map([...this.#all()].map((kept) => [kept.id, kept]))
    const changes = new Map<string, Kept | undefined>()
    for (const [id, kept] of now) if (this.#written.get(id) !== kept) changes.set(id, kept)
    for (const id of this.#written.keys()) {
      if (now.has(id)) continue
      changes.set(id, undefined)
      this.#copied.delete(id)
    }
    if (changes.size === 0) return
    try {
      await this.#storage.write(changes)
      this.#written = now
    } catch {
      this.#failed(changes.keys())
    }
  }

  /** @returns whether there was something to copy */
  async #copy(): Promise<boolean> {
    const wanted = [...this.#all()].filter(
      ({ id, file, handle }) => file && !handle && this.#written.has(id) && !this.#copied.has(id),
    )
    if (wanted.length === 0) return false
    const batch = new Map<string, File>()
    try {
      const used = [...this.#copied.values()].reduce((sum, size) => sum + size, 0)
      const room = Math.min(MOST_COPIED - used, (await this.#storage.room()) / SHARE)
      let size = 0
      for (const { id, file } of wanted) {
        if (!file || size + file.size > room) continue
        if (size > 0 && size + file.size > COPIED_AT_ONCE) break
        size += file.size
        batch.set(id, file)
        this.#copied.set(id, file.size)
      }
      if (batch.size > 0) await this.#storage.copy(batch)
    } catch {
      for (const id of batch.keys()) this.#copied.set(id, 0)
      this.#failed(batch.keys())
    }
    return batch.size > 0
  }
}
