import { Readable } from 'node:stream'
import { GIB, MAX_PARTS, MIB } from '../../protocol/limits.ts'
import type { PartPlan } from '../../protocol/part-plan.ts'
import { orAborted } from '../abort.ts'
import type { Source } from '../ports.ts'
import type { BlockPool } from './block-pool.ts'
import { BLOCK_BYTES } from './blocks.ts'
import { HeldParts } from './held-parts.ts'
import type { FileSlice } from './source.ts'
import { withoutGarbage } from './standard-input.ts'
import { StreamError } from './stream-errors.ts'

/** A stream that is sent while it is read. `size` is what there is of it so far, until its end is known. */
export class StreamSource implements Source<FileSlice> {
  readonly name: string
  readonly id: string
  /** Grows with every part that is read. */
  readonly plan: PartPlan
  sizeKnown = false
  readonly slice: Source<FileSlice>['slice']
  readonly crc: Source<FileSlice>['crc']
  readonly md5: Source<FileSlice>['md5']
  readonly #stream: AsyncIterable<Uint8Array>
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #pool: BlockPool
  readonly #partSize: number
  readonly #held: HeldParts
  #partCount = 0
  #size = 0
  /** Of the part that is being read. */
  #blocks: Buffer[] = []
  #filled = 0
  /** Of the last chunk, what no block has taken yet. */
  #rest: Uint8Array = new Uint8Array()
  #pulled: Promise<IteratorResult<Uint8Array>> | undefined

  /** @param partSize whole MiB, for which the pool has enough blocks */
  constructor(stream: AsyncIterable<Uint8Array>, name: string, partSize: number, pool: BlockPool) {
    this.name = name
    this.id = `stream ${name}`
    this.#stream = stream
    this.#chunks = withoutGarbage(stream)[Symbol.asyncIterator]()
    this.#pool = pool
    this.#partSize = partSize
    const held = new HeldParts(partSize, pool)
    this.#held = held
    this.slice = (start, end) => held.slice(start, end)
    this.crc = (algorithm, start, end, signal) => held.crc(algorithm, start, end, signal)
    this.md5 = (start, end, signal) => held.md5(start, end, signal)
    const size = () => this.#size
    const partCount = () => this.#partCount
    this.plan = {
      partSize,
      get size() {
        return size()
      },
      get partCount() {
        return partCount()
      },
    }
  }

  get size(): number {
    return this.#size
  }

  /**
   * Reads the next part, as far as the stream goes; may be called again after it was aborted. One call at a time.
   * @returns its number; `undefined` at the end. A stream without bytes has one part
   * @throws {StreamError} where it cannot be read, or has more parts than there can be
   */
  async next(signal: AbortSignal): Promise<number | undefined> {
    if (this.#partCount === MAX_PARTS && (await this.hasMore(signal))) throw tooLong(this.#partSize)
    while (this.#filled < this.#partSize && (await this.hasMore(signal))) await this.#take(signal)
    if (this.#filled === 0 && this.#partCount > 0) return undefined
    this.#held.hold(++this.#partCount, this.#blocks)
    this.#blocks = []
    this.#filled = 0
    return this.#partCount
  }

  /** @throws {StreamError} */
  async hasMore(signal: AbortSignal): Promise<boolean> {
    while (this.#rest.length === 0 && !this.sizeKnown) {
      this.#pulled ??= this.#chunks.next()
      const { value, done } = await read(this.#pulled, signal)
      this.#pulled = undefined
      if (done) this.sizeKnown = true
      else this.#rest = bytesOf(value)
      this.#size += this.#rest.length
    }
    return this.#rest.length > 0
  }

  /** The store has that part. */
  release(partNumber: number): void {
    this.#held.release(partNumber)
  }

  /** Reads no further; whoever writes to the stream is told. */
  close(): void {
    // An iterator of a Readable would wait for the chunk that it was asked for.
    if (this.#stream instanceof Readable) this.#stream.destroy()
    this.#chunks.return?.().catch(() => {})
  }

  async identify(): Promise<Record<string, string>> {
    return {}
  }

  async verify(): Promise<'same'> {
    return 'same'
  }

  async #take(signal: AbortSignal): Promise<void> {
    const at = this.#filled % BLOCK_BYTES
    if (at === 0) this.#blocks.push(await this.#pool.take(signal))
    const room = Math.min(BLOCK_BYTES - at, this.#partSize - this.#filled)
    const piece = this.#rest.subarray(0, room)
    this.#blocks.at(-1)?.set(piece, at)
    this.#rest = this.#rest.subarray(piece.length)
    this.#filled += piece.length
  }
}

async function read<T>(pulled: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await orAborted(pulled, signal)
  } catch (cause) {
    signal.throwIfAborted()
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new StreamError(`Expected to read the stream to its end, could not: ${reason}.`, { cause })
  }
}

/** @throws {StreamError} */
function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  throw new StreamError(
    `Expected a stream of bytes, got one of ${typeof chunk}s. Leave its encoding and its object mode alone.`,
  )
}

function tooLong(partSize: number): StreamError {
  return new StreamError(
    `Expected a stream of at most ${MAX_PARTS} parts of ${partSize / MIB} MiB (${Math.floor((MAX_PARTS * partSize) / GIB)} GiB), got a longer one. ` +
      'Say how long it may be by expectedSize, or choose a larger partSize.',
  )
}
