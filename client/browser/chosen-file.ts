import { IntegrityError } from '../errors.ts'
import { PlaceError, type PlaceReason } from '../place-error.ts'
import type { Clock } from '../ports.ts'
import type { FileStamp } from './download-records.ts'
import { BLOCK_BYTES } from './receive.ts'

/** Less is not worth a checkpoint, in bytes. */
const LEAST_BYTES = 64 * 1024 * 1024
/**
 * A checkpoint makes whoever writes next copy all that is there. So as much has to be new as this share of what was saved before, and
 * so many times longer has to be gone than copying that takes. Then copies cost three tenths of receiving at most where the link has a
 * tenth of the disk's speed, and one copy of all and a fifth where it is faster.
 */
const NEW_SHARE = 0.5
const WORK_PER_COPY = 5

/** How a browser calls what is wrong with a file. */
const REASONS: Readonly<Record<string, PlaceReason>> = {
  QuotaExceededError: 'no-space',
  NotAllowedError: 'not-allowed',
  SecurityError: 'not-allowed',
  NotFoundError: 'gone',
  NoModificationAllowedError: 'busy',
}

/**
 * A file that a person has chosen. What is written to it goes to a copy first, which takes its place when it is closed: so a save closes it,
 * and whoever writes next pays for another copy of all that is there.
 */
export class ChosenFile {
  readonly #place: FileSystemFileHandle
  readonly #clock: Clock
  /** Whether what is in the file is ours. */
  #isOurs = false
  #stamp: FileStamp | undefined
  #writable: Promise<FileSystemWritableFileStream> | undefined
  /** Reading and closing take turns: a file that is replaced meanwhile cannot be read. */
  #turn: Promise<unknown> = Promise.resolve()
  #savedAt: number
  #copyMsPerByte = 0

  constructor(place: FileSystemFileHandle, clock: Clock) {
    this.#place = place
    this.#clock = clock
    this.#savedAt = clock.now()
  }

  get name(): string {
    return this.#place.name
  }

  /** As it was left; `undefined` where nothing of ours is in it. */
  get stamp(): FileStamp | undefined {
    return this.#stamp
  }

  /** Goes on with what is in it. */
  keep(stamp: FileStamp): void {
    this.#isOurs = true
    this.#stamp = stamp
  }

  /** What is in it does not count: the next save replaces it. */
  async disown(): Promise<void> {
    await this.abandon()
    this.#isOurs = false
    this.#stamp = undefined
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    // Never a part of a shared buffer: blocks are the receiver's own.
    const data = bytes as Uint8Array<ArrayBuffer>
    await this.#onDisk(async () => (await this.#open()).write({ type: 'write', position, data }))
  }

  /** What was written takes the file's place. */
  async save(): Promise<void> {
    const opened = this.#writable
    if (!opened) return
    this.#writable = undefined
    await this.#onDisk(() =>
      this.#inTurn(async () => {
        await (await opened).close()
        this.#isOurs = true
        this.#stamp = stampOf(await this.#place.getFile())
        this.#savedAt = this.#clock.now()
      }),
    )
  }

  /** Of an object without bytes, a file without bytes. */
  async saveEvenNothing(): Promise<void> {
    if (this.#isOurs) return
    await this.#onDisk(() => this.#open())
    await this.save()
  }

  /** Whether a save is worth what it costs. @param unsaved bytes, as `saved` are */
  isDue(unsaved: number, saved: number): boolean {
    const sinceMs = this.#clock.now() - this.#savedAt
    return (
      unsaved >= Math.max(LEAST_BYTES, saved * NEW_SHARE) &&
      sinceMs >= saved * this.#copyMsPerByte * WORK_PER_COPY
    )
  }

  /** What was written since it was saved is not kept. */
  async abandon(): Promise<void> {
    const writable = await this.#writable?.catch(() => undefined)
    this.#writable = undefined
    await writable?.abort().catch(() => {})
  }

  /** As it was saved. */
  look(): Promise<File> {
    return this.#onDisk(() => this.#place.getFile())
  }

  /** Of what was saved. @throws {IntegrityError} where it has fewer bytes */
  async *read(start: number, end: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for (let at = start; at < end; at += BLOCK_BYTES) {
      signal.throwIfAborted()
      const last = Math.min(at + BLOCK_BYTES, end)
      const bytes = await this.#onDisk(() =>
        this.#inTurn(async () => (await this.#place.getFile()).slice(at, last).arrayBuffer()),
      )
      if (bytes.byteLength < last - at) {
        throw new IntegrityError(`Expected ${last} bytes in ${this.name}, got fewer. Begin again.`)
      }
      yield new Uint8Array(bytes)
    }
  }

  async removeIfOurs(): Promise<void> {
    if (this.#isOurs) await removeFile(this.#place)
  }

  #open(): Promise<FileSystemWritableFileStream> {
    this.#writable ??= this.#inTurn(async () => {
      const begun = this.#clock.now()
      const options = { keepExistingData: this.#isOurs, mode: 'exclusive' }
      const writable = await this.#place.createWritable(options)
      const copied = this.#isOurs && this.#stamp
      if (copied) this.#copyMsPerByte = (this.#clock.now() - begun) / (copied.size || 1)
      return writable
    })
    return this.#writable
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => {})
    return done
  }

  /** @throws {PlaceError} */
  async #onDisk<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (cause) {
      if (!(cause instanceof DOMException) && !(cause instanceof TypeError)) throw cause
      throw new PlaceError(this.name, REASONS[cause.name] ?? 'failed', { cause })
    }
  }
}

/** Where the browser lets a page do so. */
export async function removeFile(place: FileSystemFileHandle & { remove?(): Promise<void> }): Promise<void> {
  await place.remove?.().catch(() => {})
}

function stampOf({ size, lastModified }: File): FileStamp {
  return { size, lastModified }
}
