import { createHash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import type { Worker } from 'node:worker_threads'

/** A thread takes 20 MiB: what is less than this in all is hashed where it is. */
const WORTH_A_THREAD = 64 * 1024 * 1024

/** An MD5 under way. */
export interface Md5 {
  /** Resolves when the bytes may be reused. */
  update(bytes: Uint8Array): Promise<void> | undefined
  /** Of all that was, once that has resolved; `undefined` where it was lost. */
  digest(): Uint8Array | undefined
}

/** Takes bytes of a hash, and answers with its digest so far. */
const WORKER = `
const { parentPort } = require('node:worker_threads')
const { createHash } = require('node:crypto')
const hashes = new Map()
parentPort.on('message', ({ id, turn, bytes }) => {
  if (!bytes) return hashes.delete(id)
  if (!hashes.has(id)) hashes.set(id, createHash('md5'))
  const hash = hashes.get(id).update(bytes)
  parentPort.postMessage({ turn, digest: hash.copy().digest() })
})
`

interface Answer {
  readonly turn: number
  readonly digest: Uint8Array
}

/** MD5 takes as long as all else that a transfer does, so that a large one has it done in a thread of its own. */
export class Md5s {
  #hashed = 0
  #worker: Promise<Worker> | undefined
  #isLost = false
  #created = 0
  #turns = 0
  readonly #awaited = new Map<number, (digest: Uint8Array | undefined) => void>()

  create(): Md5 {
    const isWorth = this.#hashed >= WORTH_A_THREAD && availableParallelism() > 1
    return isWorth && !this.#isLost ? this.#there() : this.#here()
  }

  #here(): Md5 {
    const hash = createHash('md5')
    return {
      update: (bytes) => {
        this.#hashed += bytes.length
        hash.update(bytes)
        return undefined
      },
      digest: () => hash.digest(),
    }
  }

  #there(): Md5 {
    const id = ++this.#created
    let digest: Uint8Array | undefined = createHash('md5').digest()
    return {
      update: async (bytes) => {
        digest &&= await this.#ask(id, bytes)
      },
      digest: () => {
        void this.#worker?.then((worker) => worker.postMessage({ id }))
        return digest
      },
    }
  }

  /** @returns `undefined` where there is no thread any more */
  async #ask(id: number, bytes: Uint8Array): Promise<Uint8Array | undefined> {
    this.#worker ??= this.#start()
    const worker = await this.#worker.catch(() => undefined)
    if (!worker || this.#isLost) {
      this.#lose()
      return undefined
    }
    return new Promise((resolve) => {
      const turn = ++this.#turns
      this.#awaited.set(turn, resolve)
      worker.ref()
      worker.postMessage({ id, turn, bytes })
    })
  }

  async #start(): Promise<Worker> {
    const { Worker } = await import('node:worker_threads')
    const worker = new Worker(WORKER, { eval: true, execArgv: [] })
    worker.on('message', ({ turn, digest }: Answer) => {
      this.#settle(turn, digest)
      // It keeps no process from its end that does not wait for it.
      if (this.#awaited.size === 0) worker.unref()
    })
    worker.on('error', () => this.#lose())
    worker.on('exit', () => this.#lose())
    return worker
  }

  #settle(turn: number, digest: Uint8Array | undefined): void {
    const resolve = this.#awaited.get(turn)
    this.#awaited.delete(turn)
    resolve?.(digest)
  }

  /** What is lost is hashed again, by whoever needs it. */
  #lose(): void {
    this.#isLost = true
    for (const turn of [...this.#awaited.keys()]) this.#settle(turn, undefined)
  }
}

/** Of the whole process: one thread is faster than most links, and a second would be at the cost of all else. */
export const md5s = new Md5s()
