import { orAborted } from '../abort.ts'
import { StalledError } from '../errors.ts'
import { BLOCK_BYTES, type Hashes, type HashRequest, hashHere } from './hash-here.ts'
import type { HashOrder, HashReply } from './hash-orders.ts'

/** Longer than the pauses between an upload's parts; a worker that nothing needs costs a few megabytes. */
const IDLE_MS = 30_000

/** Starts a worker. @param md5 whether it has to know that, too. @throws where there can be none; `undefined` likewise */
export type StartWorker = (md5: boolean) => Promise<Worker | undefined>

/**
 * Hashes blobs in a worker: one for all of them, begun when it is needed and ended when it is not. Where there can be none (a
 * Content-Security-Policy, an old browser), or it fails, the page's own thread does it, in turns of a millisecond.
 */
export class Hasher {
  readonly #start: StartWorker
  readonly #waiting = new Map<number, (reply: HashReply) => void>()
  #worker: Promise<Worker | undefined> | undefined
  #knowsMd5 = false
  #orders = 0
  #idle: ReturnType<typeof setTimeout> | undefined

  constructor(start: StartWorker = startHashWorker) {
    this.#start = start
  }

  /**
   * @throws {SourceChangedError} where the browser will not read the blob
   * @throws the signal's reason once that is aborted
   */
  async hash(blob: Blob, { crc, md5 = false }: HashRequest, signal: AbortSignal): Promise<Hashes> {
    if (!crc && !md5) return {}
    const request = { crc, md5 }
    const hashes = blob.size > BLOCK_BYTES ? await this.#hashElsewhere(blob, request, signal) : undefined
    return hashes ?? hashHere(blob, request, signal)
  }

  /** @returns `undefined` where the worker could not */
  async #hashElsewhere(
    blob: Blob,
    request: HashRequest & { readonly md5: boolean },
    signal: AbortSignal,
  ): Promise<Hashes | undefined> {
    const id = this.#orders++
    const replied = new Promise<HashReply>((resolve) => this.#waiting.set(id, resolve))
    let worker: Worker | undefined
    const order = (order: HashOrder) => worker?.postMessage(order)
    clearTimeout(this.#idle)
    try {
      this.#worker ??= this.#begin(request.md5)
      worker = await orAborted(this.#worker, signal)
      if (!worker || (request.md5 && !this.#knowsMd5)) return undefined
      order({ id, blob, request })
      return (await orAborted(replied, signal)).hashes
    } catch (error) {
      order({ id })
      // One that owes an answer when a whole part is given up may be dead: browsers do not tell of each that they end.
      if (signal.reason instanceof StalledError) this.#end(worker)
      throw error
    } finally {
      this.#waiting.delete(id)
      if (this.#waiting.size === 0) this.#idle = setTimeout(() => this.#end(worker), IDLE_MS)
    }
  }

  async #begin(md5: boolean): Promise<Worker | undefined> {
    this.#knowsMd5 = md5
    const worker = await this.#start(md5).catch(() => undefined)
    if (!worker) return undefined
    worker.onmessage = ({ data }: MessageEvent<HashReply>) => this.#waiting.get(data.id)?.(data)
    // A policy that forbids it shows here, too. There is no use in trying again.
    worker.onerror = (event) => {
      event.preventDefault()
      this.#end(worker)
      this.#worker = Promise.resolve(undefined)
    }
    return worker
  }

  /** What comes next begins another. */
  #end(worker: Worker | undefined): void {
    if (!worker) return
    worker.terminate()
    this.#worker = undefined
    for (const [id, reply] of this.#waiting) reply({ id })
  }
}

/**
 * Of a Blob, so that no bundler has to know of it and no server to serve it: `new URL('./worker.ts', import.meta.url)` is understood by
 * some bundlers only, and refused where the code comes from another origin. It needs `worker-src blob:`.
 */
export async function startHashWorker(md5: boolean): Promise<Worker | undefined> {
  if (typeof Worker === 'undefined') return undefined
  const { source } = await (md5 ? import('./md5-worker-source.ts') : import('./crc-worker-source.ts'))
  return new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })))
}
