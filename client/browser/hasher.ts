import { orAborted } from '../abort.ts'
import { SourceChangedError, StalledError } from '../errors.ts'
import { BLOCK_BYTES, type Hashes, type HashRequest, hashBlob } from './hash-blob.ts'
import type { HashOrder, HashReply } from './hash-worker.ts'

/** Longer than the pauses between an upload's parts; a worker that nothing needs costs a few megabytes. */
const IDLE_MS = 30_000

/** Starts a worker. @throws where there can be none; `undefined` likewise */
export type StartWorker = () => Promise<Worker | undefined>

/**
 * Hashes blobs in a worker: one for all of them, begun when it is needed and ended when it is not. Where there can be none (a
 * Content-Security-Policy, an old browser), or it fails, the page's own thread does it, in turns of a millisecond.
 */
export class Hasher {
  readonly #start: StartWorker
  readonly #waiting = new Map<number, (reply: HashReply) => void>()
  #worker: Promise<Worker | undefined> | undefined
  #orders = 0
  #idle: ReturnType<typeof setTimeout> | undefined

  constructor(start: StartWorker = startHashWorker) {
    this.#start = start
  }

  /**
   * @throws {SourceChangedError} where the browser will not read the blob
   * @throws the signal's reason once that is aborted
   */
  async hash(blob: Blob, { crc, md5 }: HashRequest, signal: AbortSignal): Promise<Hashes> {
    if (!crc && !md5) return {}
    const request = { crc, md5 }
    const hashes = blob.size > BLOCK_BYTES ? await this.#hashElsewhere(blob, request, signal) : undefined
    return hashes ?? hashHere(blob, request, signal)
  }

  /** @returns `undefined` where the worker could not */
  async #hashElsewhere(blob: Blob, request: HashRequest, signal: AbortSignal): Promise<Hashes | undefined> {
    const id = this.#orders++
    const replied = new Promise<HashReply>((resolve) => this.#waiting.set(id, resolve))
    clearTimeout(this.#idle)
    try {
      this.#worker ??= this.#begin()
      const worker = await orAborted(this.#worker, signal)
      if (!worker) return undefined
      worker.postMessage({ id, blob, request } satisfies HashOrder)
      const onAbort = () => worker.postMessage({ id } satisfies HashOrder)
      signal.addEventListener('abort', onAbort, { once: true })
      try {
        return (await orAborted(replied, signal)).hashes
      } finally {
        signal.removeEventListener('abort', onAbort)
      }
    } catch (error) {
      if (signal.reason instanceof StalledError) this.#replace()
      throw error
    } finally {
      this.#waiting.delete(id)
      if (this.#waiting.size === 0) this.#idle = setTimeout(() => this.#end(), IDLE_MS)
    }
  }

  async #begin(): Promise<Worker | undefined> {
    const worker = await this.#start().catch(() => undefined)
    if (!worker) return undefined
    worker.onmessage = ({ data }: MessageEvent<HashReply>) => this.#waiting.get(data.id)?.(data)
    // A policy that forbids it shows here, too. There is no use in trying again.
    worker.onerror = (event) => {
      event.preventDefault()
      worker.terminate()
      this.#worker = Promise.resolve(undefined)
      for (const [id, reply] of this.#waiting) reply({ id })
    }
    return worker
  }

  /** One that owes an answer when a whole part is given up may be dead: browsers do not tell of each that they end. */
  #replace(): void {
    void this.#worker?.then((worker) => worker?.terminate())
    this.#worker = undefined
    for (const [id, reply] of this.#waiting) reply({ id })
  }

  /** What comes next begins another. */
  async #end(): Promise<void> {
    const worker = await this.#worker
    if (this.#waiting.size > 0) return
    worker?.terminate()
    if (worker) this.#worker = undefined
  }
}

async function hashHere(blob: Blob, request: HashRequest, signal: AbortSignal): Promise<Hashes> {
  try {
    return await hashBlob(blob, request, signal)
  } catch (cause) {
    signal.throwIfAborted()
    if (!(cause instanceof DOMException)) throw cause
    throw new SourceChangedError(
      'Expected the file as it was picked, got one that has changed or gone. Pick it again.',
      { cause },
    )
  }
}

/**
 * Of a Blob, so that no bundler has to know of it and no server to serve it: `new URL('./worker.ts', import.meta.url)` is understood by
 * some bundlers only, and refused where the code comes from another origin. It needs `worker-src blob:`.
 */
export async function startHashWorker(): Promise<Worker | undefined> {
  if (typeof Worker === 'undefined') return undefined
  const { hashWorkerSource } = await import('./hash-worker-source.ts')
  const url = URL.createObjectURL(new Blob([hashWorkerSource], { type: 'text/javascript' }))
  return new Worker(url, { name: 'partway-hash' })
}
