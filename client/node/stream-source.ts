import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import type { CrcAlgorithm } from '../../checksums/crc.ts'
import { GIB, MAX_PARTS, MIB } from '../../protocol/limits.ts'
import type { PartPlan } from '../../protocol/part-plan.ts'
import { orAborted } from '../abort.ts'
import type { Source } from '../ports.ts'
import type { BlockPool } from './block-pool.ts'
import { BLOCK_BYTES } from './blocks.ts'
import { createCrc } from './hashing.ts'
import type { FileSlice } from './source.ts'
import { withoutGarbage } from './standard-input.ts'
import { StreamError } from './stream-errors.ts'

/** Blocks that are hashed before others have their turn: some milliseconds. */
const BLOCKS_A_TURN = 8

/**
 * A stream that is sent while it is read: a part of it can be read again and again until it is released. `size` is what there is of it so
 * far, until its end is known.
 */
export class StreamSource implements Source<FileSlice> {
  readonly name: string
  readonly id: string
  /** Grows with every part that is read. */
  readonly plan: PartPlan
  sizeKnown = false
  readonly #stream: AsyncIterable<Uint8Array>
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #pool: BlockPool
  readonly #partSize: number
  readonly #parts = new Map<number, Buffer[]>()
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
    const size = () => this.size
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
    this.#parts.set(++this.#partCount, this.#blocks)
    this.#blocks = []
    this.#filled = 0
    return this.#partCount
  }

  /** @throws {StreamError} */
  async hasMore(signal: AbortSignal): Promise<boolean> {
    while (this.#rest.length === 0 && !this.sizeKnown) {
      this.#pulled ??= this.#chunks.next()
      const { value, done } = await this.#read(this.#pulled, signal)
      this.#pulled = undefined
      if (done) this.sizeKnown = true
      else this.#rest = bytesOf(value)
      this.#size += this.#rest.length
    }
    return this.#rest.length > 0
  }

  /** The store has it. */
  release(partNumber: number): void {
    for (const block of this.#parts.get(partNumber) ?? []) this.#pool.give(block)
    this.#parts.delete(partNumber)
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

  slice(start: number, end: number): FileSlice {
    return {
      size: end - start,
      read: async (buffer, offset) => {
        let filled = 0
        const from = start + offset
        for (const piece of this.#pieces(from, from + buffer.length)) {
          buffer.set(piece, filled)
          filled += piece.length
        }
      },
    }
  }

  async crc(algorithm: CrcAlgorithm, start: number, end: number, signal: AbortSignal): Promise<Uint8Array> {
    const crc = createCrc(algorithm)
    await this.#hash(crc, start, end, signal)
    return crc.digest()
  }

  async md5(start: number, end: number, signal: AbortSignal): Promise<string> {
    const md5 = createHash('md5')
    await this.#hash(md5, start, end, signal)
    return md5.digest('hex')
  }

  async #hash(
    hash: { update(bytes: Uint8Array): unknown },
    start: number,
    end: number,
    signal: AbortSignal,
  ): Promise<void> {
    let blocks = 0
    for (const piece of this.#pieces(start, end)) {
      hash.update(piece)
      if (++blocks % BLOCKS_A_TURN === 0)
        await turn(undefined, { signal }).catch(() => signal.throwIfAborted())
    }
  }

  async #read<T>(pulled: Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      return await orAborted(pulled, signal)
    } catch (cause) {
      signal.throwIfAborted()
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new StreamError(`Expected to read the stream to its end, could not: ${reason}.`, { cause })
    }
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

  /** Of a range within one part. */
  *#pieces(start: number, end: number): Generator<Uint8Array> {
    const partNumber = Math.floor(start / this.#partSize) + 1
    const blocks = this.#parts.get(partNumber) ?? []
    const offset = (partNumber - 1) * this.#partSize
    for (let at = start - offset; at < end - offset; ) {
      const from = at % BLOCK_BYTES
      const length = Math.min(BLOCK_BYTES - from, end - offset - at)
      yield blocks[(at - from) / BLOCK_BYTES]?.subarray(from, from + length) ?? missing(partNumber)
      at += length
    }
  }
}

function missing(partNumber: number): never {
  throw new Error(`Expected part ${partNumber} of the stream, which is released.`)
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
