import { createHash, type Hash } from 'node:crypto'
import { WriteStream } from 'node:fs'
import { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import type { PartPlan } from '../../protocol/part-plan.ts'
import { orAborted } from '../abort.ts'
import { type Begun, nothingHeld, type Wanted } from '../download-journal.ts'
import type { DownloadTarget } from '../download-ports.ts'
import { BLOCK_BYTES, type Blocks } from './blocks.ts'
import { outputError } from './file-errors.ts'

/** Bytes that have arrived, in a buffer of their own. */
interface Piece {
  readonly bytes: Buffer
  /** To be used again. */
  readonly block: Buffer | undefined
}

/** A stream that takes bytes in their order, in whichever they arrive. What has come too early waits, within a window. */
export class StreamTarget implements DownloadTarget {
  readonly path = '-'
  readonly rangeBytes: number
  readonly #writable: Writable
  readonly #blocks: Blocks
  readonly #windowBytes: number
  /** Whether a buffer is used again once the stream has taken it. */
  readonly #reuses: boolean
  /** By offset. */
  readonly #early = new Map<number, Piece>()
  readonly #md5s = new Map<number, string>()
  readonly #onError = (error: Error) => this.#fail(error)
  readonly #onClose = () => this.#fail(undefined)
  /** Of the next byte that the stream is given. */
  #next = 0
  /** Of the next byte that it has not taken. */
  #taken = 0
  #parts: PartPlan | undefined
  #md5: Hash | undefined
  #writing = false
  #failure: { readonly error: unknown } | undefined
  #listeners = new Set<() => void>()

  /**
   * @param writable is not ended
   * @param windowBytes of memory that wait, at most
   * @param rangeBytes of one range, far fewer than the window
   */
  constructor(
    writable: Writable,
    { blocks, windowBytes, rangeBytes }: { blocks: Blocks; windowBytes: number; rangeBytes: number },
  ) {
    this.#writable = writable
    this.#blocks = blocks
    this.#windowBytes = windowBytes
    this.rangeBytes = rangeBytes
    this.#reuses = isDoneOnceTaken(writable)
    writable.on('error', this.#onError)
    writable.on('close', this.#onClose)
    if (writable.destroyed || writable.writableEnded) this.#fail(writable.errored ?? undefined)
  }

  /** What has gone cannot be taken back. */
  get canRestart(): boolean {
    return this.#next === 0
  }

  async begin(wanted: Wanted, parts?: PartPlan): Promise<Begun> {
    this.#parts = parts
    this.#check()
    return { held: nothingHeld(wanted.algorithm), restarted: undefined }
  }

  restart(wanted: Wanted, restarted: string, parts?: PartPlan): Promise<Begun> {
    this.#early.clear()
    return this.begin(wanted, parts).then((begun) => ({ ...begun, restarted }))
  }

  /** Resolves when the bytes up to `end` have a place in the window. */
  async room(end: number, signal: AbortSignal): Promise<void> {
    await this.#until(() => end - this.#taken <= this.#windowBytes, signal)
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    this.#check()
    const block = this.#reuses && bytes.length === BLOCK_BYTES ? this.#blocks.take() : undefined
    block?.set(bytes)
    this.#early.set(position, { bytes: block ?? Buffer.from(bytes), block })
    this.#pass()
  }

  /** Nothing is kept. */
  async sync(): Promise<void> {}
  async journal(): Promise<void> {}
  async drop(): Promise<void> {}

  /** Nothing is there to be read again. */
  async crc(): Promise<never> {
    throw new Error('Expected a file to read again, got a stream.')
  }

  /** Of a part, which are hashed as they go. */
  async md5(start: number, end: number, signal: AbortSignal): Promise<string> {
    await this.#until(() => this.#taken >= end, signal)
    return this.#md5s.get(start) ?? createHash('md5').digest('hex')
  }

  /** Resolves when the stream has taken all of it. */
  async finish(signal: AbortSignal): Promise<void> {
    await this.#until(() => !this.#writing && this.#early.size === 0, signal)
  }

  async close(): Promise<void> {
    this.#early.clear()
    this.#writable.off('close', this.#onClose)
    // A stream that has failed tells it once more, when somebody may not listen any longer.
    if (!this.#failure) this.#writable.off('error', this.#onError)
  }

  #pass(): void {
    const piece = this.#early.get(this.#next)
    if (this.#writing || this.#failure || !piece) return
    const { bytes, block } = piece
    this.#early.delete(this.#next)
    this.#hash(bytes)
    this.#next += bytes.length
    this.#writing = true
    this.#writable.write(bytes, (error) => {
      this.#writing = false
      if (error) return this.#fail(error)
      if (block) this.#blocks.give(block)
      this.#taken += bytes.length
      this.#pass()
      this.#tell()
    })
  }

  #hash(bytes: Buffer): void {
    if (!this.#parts) return
    const { partSize, size } = this.#parts
    for (let at = 0; at < bytes.length; ) {
      const position = this.#next + at
      const start = position - (position % partSize)
      const end = Math.min(start + partSize, size)
      const piece = bytes.subarray(at, at + end - position)
      this.#md5 ??= createHash('md5')
      this.#md5.update(piece)
      at += piece.length
      if (position + piece.length < end) continue
      this.#md5s.set(start, this.#md5.digest('hex'))
      this.#md5 = undefined
    }
  }

  #fail(error: Error | undefined): void {
    this.#failure ??= { error: outputError(error) }
    this.#tell()
  }

  #check(): void {
    if (this.#failure) throw this.#failure.error
  }

  async #until(reached: () => boolean, signal: AbortSignal): Promise<void> {
    while (!reached()) {
      this.#check()
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#listeners.add(resolve)
      await orAborted(promise, signal).finally(() => this.#listeners.delete(resolve))
    }
    this.#check()
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}

/** Any other, a PassThrough for one, may keep the buffer and hand it on, after it said that it has taken it. */
function isDoneOnceTaken(writable: Writable): boolean {
  return writable instanceof WriteStream || writable instanceof Socket || writable === process.stdout
}
