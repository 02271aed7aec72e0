import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import type { CrcAlgorithm } from '../../checksums/crc.ts'
import type { BlockPool } from './block-pool.ts'
import { BLOCK_BYTES } from './blocks.ts'
import { createCrc } from './hashing.ts'
import type { FileSlice } from './source.ts'

/** Blocks that are hashed before others have their turn: some milliseconds. */
const BLOCKS_A_TURN = 8

/** Parts of a stream in memory: each can be read again and again until it is released. Ranges, of the stream, lie within one part. */
export class HeldParts {
  readonly #partSize: number
  readonly #pool: BlockPool
  readonly #parts = new Map<number, readonly Buffer[]>()

  /** @param pool that the blocks come from */
  constructor(partSize: number, pool: BlockPool) {
    this.#partSize = partSize
    this.#pool = pool
  }

  hold(partNumber: number, blocks: readonly Buffer[]): void {
    this.#parts.set(partNumber, blocks)
  }

  release(partNumber: number): void {
    for (const block of this.#parts.get(partNumber) ?? []) this.#pool.give(block)
    this.#parts.delete(partNumber)
  }

  slice(start: number, end: number): FileSlice {
    return {
      size: end - start,
      read: async (buffer, offset) => {
        const from = start + offset
        let filled = 0
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

  /** In hex. */
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
      signal.throwIfAborted()
      hash.update(piece)
      if (++blocks % BLOCKS_A_TURN === 0) await turn()
    }
  }

  *#pieces(start: number, end: number): Generator<Uint8Array> {
    const partNumber = Math.floor(start / this.#partSize) + 1
    const blocks = this.#parts.get(partNumber) ?? []
    const offset = (partNumber - 1) * this.#partSize
    for (let at = start - offset; at < end - offset; ) {
      const from = at % BLOCK_BYTES
      const length = Math.min(BLOCK_BYTES - from, end - offset - at)
      yield blocks[(at - from) / BLOCK_BYTES]?.subarray(from, from + length) ?? released(partNumber)
      at += length
    }
  }
}

function released(partNumber: number): never {
  throw new Error(`Expected part ${partNumber} of the stream, which is released.`)
}
