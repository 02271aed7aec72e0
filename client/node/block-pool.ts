import { Blocks } from './blocks.ts'

/** Blocks of memory, so many and no more: who wants another waits until one is given back. */
export class BlockPool {
  readonly #blocks = new Blocks()
  readonly #waiting: (() => void)[] = []
  #left: number

  constructor(count: number) {
    this.#left = count
  }

  async take(signal: AbortSignal): Promise<Buffer> {
    signal.throwIfAborted()
    if (this.#left === 0) await this.#given(signal)
    else this.#left--
    return this.#blocks.take()
  }

  give(block: Buffer): void {
    this.#blocks.give(block)
    const next = this.#waiting.shift()
    if (next) next()
    else this.#left++
  }

  #given(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const give = () => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(give), 1)
        reject(signal.reason)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiting.push(give)
    })
  }
}
