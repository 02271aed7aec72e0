/** What is read or written at once. Measured: smaller blocks cost system calls, larger ones memory, and the processor's caches. */
export const BLOCK_BYTES = 512 * 1024

/** Buffers that lanes use again: one that was just written is still warm. Threads can read them, too. */
export class Blocks {
  readonly #free: Buffer[] = []

  take(): Buffer {
    return this.#free.pop() ?? Buffer.from(new SharedArrayBuffer(BLOCK_BYTES))
  }

  give(block: Buffer): void {
    this.#free.push(block)
  }
}
