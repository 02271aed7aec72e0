/** What is read or written at once. Measured: smaller blocks cost system calls, larger ones memory, and the processor's caches. */
export const BLOCK_BYTES = 512 * 1024

/** Of all transfers of the process: one that was just used is still warm, and each of a thousand small files needs it for a moment. */
const free: Buffer[] = []

/** Buffers that lanes use again. Threads can read them, too. */
export class Blocks {
  take(): Buffer {
    return free.pop() ?? Buffer.from(new SharedArrayBuffer(BLOCK_BYTES))
  }

  give(block: Buffer): void {
    free.push(block)
  }
}
