/** The longest line between two chunks: a size in hex, and extensions that nobody sends. */
const LONGEST_LINE = 4096

/** Takes a body in chunks apart, however it is cut on its way: RFC 9112, 7.1. */
export class Chunks {
  /** Bytes of the chunk that are still to come. */
  #rest = 0
  #line = ''
  #awaits: 'size' | 'bytes' | 'end of bytes' | 'trailer' | 'nothing' = 'size'

  /** Whether the last chunk, and what follows it, was there. */
  get ended(): boolean {
    return this.#awaits === 'nothing'
  }

  /**
   * @returns what of it is body
   * @throws {SyntaxError} for what are no chunks, and for more after the last one
   */
  *take(bytes: Buffer): Generator<Buffer> {
    for (let at = 0; at < bytes.length; ) {
      if (this.#awaits === 'nothing')
        throw new SyntaxError('Expected nothing after the last chunk, got bytes.')
      if (this.#awaits === 'bytes') {
        const piece = bytes.subarray(at, at + this.#rest)
        at += piece.length
        this.#rest -= piece.length
        if (this.#rest === 0) this.#awaits = 'end of bytes'
        yield piece
        continue
      }
      const newline = bytes.indexOf(0x0a, at)
      const end = newline < 0 ? bytes.length : newline + 1
      this.#line += bytes.toString('latin1', at, end)
      at = end
      if (this.#line.length > LONGEST_LINE) throw new SyntaxError('Expected a chunk, got an endless line.')
      if (newline >= 0) this.#readLine()
    }
  }

  #readLine(): void {
    const line = this.#line.replace(/\r?\n$/, '')
    this.#line = ''
    if (this.#awaits === 'trailer') {
      if (line === '') this.#awaits = 'nothing'
    } else if (this.#awaits === 'end of bytes') {
      if (line !== '') throw new SyntaxError('Expected the end of a chunk, got more of it.')
      this.#awaits = 'size'
    } else {
      const [, size] = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/.exec(line) ?? []
      if (size === undefined)
        throw new SyntaxError(`Expected the size of a chunk, got ${JSON.stringify(line)}.`)
      this.#rest = Number.parseInt(size, 16)
      this.#awaits = this.#rest === 0 ? 'trailer' : 'bytes'
    }
  }
}
