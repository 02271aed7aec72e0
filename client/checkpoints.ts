import type { Crc, CrcAlgorithm } from '../checksums/crc.ts'
import { toHex } from '../checksums/hex.ts'
import { type DownloadEntry, type Held, spanEntry } from './download-journal.ts'
import type { Clock } from './ports.ts'
import { joinSpans, type Span } from './spans.ts'

/** So long after a write, what was written is put on the disk and journaled: all that a kill can cost, and what is in flight. */
const CHECKPOINT_MS = 1000
/** Or once it is so much. */
const CHECKPOINT_BYTES = 64 * 1024 * 1024
/** Where the disk is slower than the link, lanes wait for it rather than fill the memory with what a kill would cost. */
const MAX_UNSAVED_BYTES = 2 * CHECKPOINT_BYTES

/** Where bytes go, and where is written down which. */
export interface Shelf {
  /** Any number at once. */
  write(bytes: Uint8Array, position: number): Promise<void>
  /** Resolves when all that was written before is on the disk. */
  sync(): Promise<void>
  /** Resolves when it is on the disk. */
  journal(entries: readonly DownloadEntry[]): Promise<void>
  /**
   * Whether a checkpoint is worth what it costs.
   * @param unsaved bytes that came since the last
   * @param saved bytes that were there by then
   * @default once a second, or after 64 MiB, and nobody writes more than twice that meanwhile
   */
  isDue?(unsaved: number, saved: number): boolean
  /** Calls `save` when there may be no time for it later. @returns removes it */
  onLeaving?(save: () => void): () => void
}

/** What one lane writes, in a row. */
export interface Stretch {
  /** Of the byte that comes next. */
  readonly position: number
  /** Resolves when more may come; the bytes may be reused then. */
  write(bytes: Uint8Array): Promise<void>
  /** No more will come. */
  end(): void
}

/** How the CRCs of an object are computed. */
export interface CrcSource {
  readonly algorithm: CrcAlgorithm
  create(): Crc
}

/** An MD5 under way. */
export interface Md5 {
  /** @returns what resolves when the bytes may be reused, where that is not at once */
  update(bytes: Uint8Array): unknown
  /** `undefined` where it was lost. */
  digest(): Uint8Array | undefined
}

/**
 * Puts data on the disk before the journal says that it is there, for all lanes at once: a sync is dear, and costs the same for
 * many of them. Whatever is written of a range counts, so that a kill costs no more than what came since the last checkpoint.
 */
export class Checkpoints {
  readonly #held: Held
  readonly #crc: CrcSource | undefined
  readonly #shelf: Shelf
  readonly #clock: Clock
  /** Of each lane, what it wrote since the last checkpoint. */
  readonly #open = new Set<{ span: Span }>()
  #closed: Span[] = []
  #notes: DownloadEntry[] = []
  #unsaved = 0
  #saving: Promise<void> | undefined
  #disarm: (() => void) | undefined
  #failure: { readonly error: unknown } | undefined
  readonly #stay: (() => void) | undefined

  /**
   * @param held grows by what is on the disk and journaled
   * @param crc `undefined` where the object has none
   */
  constructor(held: Held, crc: CrcSource | undefined, shelf: Shelf, clock: Clock) {
    this.#held = held
    this.#crc = crc
    this.#shelf = shelf
    this.#clock = clock
    this.#stay = shelf.onLeaving?.(() => this.#unsaved > 0 && this.#saveBehind())
  }

  /** @param md5 for a whole part, whose MD5 is wanted: journaled once all of it was written */
  begin({ start, end }: Span, md5?: Md5): Stretch {
    const source = this.#crc
    const lane = { span: empty(start) }
    const wrote = (bytes: number) => this.#wrote(bytes)
    const check = () => this.#check()
    this.#open.add(lane)
    return {
      get position() {
        return lane.span.end
      },
      write: async (bytes) => {
        check()
        const position = lane.span.end
        const writing = this.#shelf.write(bytes, position)
        // The processor has something to do while the disk has.
        const hashing = md5?.update(bytes)
        const crc = source?.create().update(bytes).digest()
        await writing
        await hashing
        const block = { start: position, end: position + bytes.length, crc }
        lane.span = lane.span.start === position ? block : joinSpans(source?.algorithm, lane.span, block)
        await wrote(bytes.length)
      },
      end: () => {
        this.#open.delete(lane)
        this.#cut(lane)
        const digest = lane.span.end === end ? md5?.digest() : undefined
        if (digest) this.note({ type: 'md5', start, md5: toHex(digest) })
      },
    }
  }

  /** Journaled with the next checkpoint, after what was written before. */
  note(entry: DownloadEntry): void {
    this.#notes.push(entry)
  }

  /** Resolves when all that was written is on the disk and journaled. @throws what the disk said */
  async settle(): Promise<void> {
    try {
      while (this.#unsaved > 0 || this.#notes.length > 0) await this.#save()
    } finally {
      this.#disarm?.()
      this.#stay?.()
    }
  }

  async #wrote(bytes: number): Promise<void> {
    this.#unsaved += bytes
    if (this.#shelf.isDue) {
      if (this.#shelf.isDue(this.#unsaved, this.#held.spans.bytes)) this.#saveBehind()
      return
    }
    this.#disarm ??= this.#clock.after(CHECKPOINT_MS, () => this.#saveBehind())
    if (this.#unsaved >= CHECKPOINT_BYTES) this.#saveBehind()
    while (this.#unsaved > MAX_UNSAVED_BYTES) await this.#save()
  }

  /** What fails is told to whoever writes next. */
  #saveBehind(): void {
    this.#save().catch(() => {})
  }

  #check(): void {
    if (this.#failure) throw this.#failure.error
  }

  #save(): Promise<void> {
    this.#saving ??= this.#saveOnce()
      .catch((error) => {
        this.#failure = { error }
        throw error
      })
      .finally(() => {
        this.#saving = undefined
      })
    return this.#saving
  }

  async #saveOnce(): Promise<void> {
    this.#check()
    this.#disarm?.()
    this.#disarm = undefined
    for (const lane of this.#open) this.#cut(lane)
    const [spans, notes] = [this.#closed, this.#notes]
    this.#closed = []
    this.#notes = []
    await this.#shelf.sync()
    await this.#shelf.journal([...spans.map(spanEntry), ...notes])
    for (const span of spans) {
      this.#held.spans.add(span)
      this.#unsaved -= span.end - span.start
    }
    for (const entry of notes) {
      if (entry.type === 'md5') this.#held.md5s.set(entry.start, entry.md5)
    }
  }

  #cut(lane: { span: Span }): void {
    const { span } = lane
    if (span.end === span.start) return
    this.#closed.push(span)
    lane.span = empty(span.end)
  }
}

function empty(position: number): Span {
  return { start: position, end: position }
}
