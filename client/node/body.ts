import type { Framing } from './answer-head.ts'
import type { Blocks } from './blocks.ts'
import { Chunks } from './chunks.ts'

/** Of a body in chunks, as nothing sends that holds large files. */
const CHUNKED_READ_BYTES = 64 * 1024

export interface BodyOptions {
  /** Where bytes are read to. */
  readonly blocks: Blocks
  /** So many are told at once, at most what a block has. */
  readonly pieceBytes: number
  /** Lets more come, after {@link Body.took} said no. */
  resume(): void
}

interface Piece {
  readonly block: Buffer
  readonly bytes: Uint8Array
}

/**
 * The body of an answer. Its connection fills one block while the one before is used; when that is full as well, the connection is
 * held back.
 */
export class Body {
  /** Whether all of it has arrived. */
  complete = false
  readonly #options: BodyOptions
  readonly #chunks: Chunks | undefined
  readonly #chunked: Buffer | undefined
  /** What is still to come; `Infinity` where its length is not known. */
  #rest: number
  #block: Buffer | undefined
  #filled = 0
  readonly #pieces: Piece[] = []
  #isHeld = false
  #onBytes: ((bytes: number) => void) | undefined
  #untold = 0
  #error: Error | undefined
  #wake = () => {}

  constructor(framing: Framing, options: BodyOptions) {
    this.#options = options
    if (framing === 'chunked') {
      this.#chunks = new Chunks()
      this.#chunked = Buffer.allocUnsafeSlow(CHUNKED_READ_BYTES)
    }
    this.#rest = typeof framing === 'object' ? framing.bytes : Number.POSITIVE_INFINITY
    if (this.#rest === 0) this.#end()
  }

  /** Where the next bytes go; never empty. */
  space(): Buffer {
    return this.#chunked ?? this.#room()
  }

  /** So many are there. @returns whether more may come at once @throws {SyntaxError} for what are no chunks */
  took(bytes: number): boolean {
    if (this.#chunked) this.copy(this.#chunked.subarray(0, bytes))
    else this.#moved(bytes)
    this.#isHeld = !this.complete && this.#pieces.length > 0
    return !this.#isHeld
  }

  /** These came with the head. @throws {SyntaxError} */
  copy(bytes: Buffer): void {
    for (const piece of this.#chunks?.take(bytes) ?? [bytes]) this.#put(piece)
    if (this.#chunks?.ended) this.#end()
  }

  /** No more will come. */
  broke(error: Error): void {
    if (this.complete) return
    this.#error ??= error
    if (!this.#chunks && this.#rest === Number.POSITIVE_INFINITY) this.complete = true
    this.#push()
  }

  /**
   * What arrives, in pieces, each of which stands until the next one is asked for. Once.
   * @param onBytes hears of bytes as they arrive
   * @throws what broke the connection, after all that has arrived
   */
  async *read(onBytes: (bytes: number) => void = () => {}): AsyncGenerator<Uint8Array> {
    this.#onBytes = onBytes
    if (this.#untold > 0) onBytes(this.#untold)
    for (;;) {
      const piece = this.#pieces.shift()
      if (piece) {
        if (this.#isHeld) this.#options.resume()
        this.#isHeld = false
        yield piece.bytes
        this.#options.blocks.give(piece.block)
      } else if (this.complete) return
      else if (this.#error) throw this.#error
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    }
  }

  #room(): Buffer {
    this.#block ??= this.#options.blocks.take()
    const most = Math.min(this.#options.pieceBytes - this.#filled, this.#rest)
    return this.#block.subarray(this.#filled, this.#filled + most)
  }

  /** @throws {SyntaxError} for more than there should be */
  #put(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.complete) throw new SyntaxError('Expected nothing after the body, got more bytes.')
      const copied = bytes.copy(this.#room(), 0, at)
      at += copied
      this.#moved(copied)
    }
  }

  #moved(bytes: number): void {
    this.#filled += bytes
    this.#rest -= bytes
    if (this.#onBytes) this.#onBytes(bytes)
    else this.#untold += bytes
    if (this.#rest === 0) this.#end()
    else if (this.#filled === this.#options.pieceBytes) this.#push()
  }

  #end(): void {
    this.complete = true
    this.#push()
  }

  #push(): void {
    if (this.#block && this.#filled > 0) {
      this.#pieces.push({ block: this.#block, bytes: this.#block.subarray(0, this.#filled) })
      this.#block = undefined
      this.#filled = 0
    }
    this.#wake()
  }
}
