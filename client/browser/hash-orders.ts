import { type Hash, hashBlob } from './hash-blob.ts'
import type { Hashes, HashRequest } from './hash-here.ts'

/** To the worker: a blob to hash, or no more of it. */
export type HashOrder = { readonly id: number; readonly blob?: Blob; readonly request?: HashRequest }
/** From the worker: `hashes` is absent where it failed. */
export type HashReply = { readonly id: number; readonly hashes?: Hashes | undefined }

type MakeHashes = (request: HashRequest) => { crc?: Hash | undefined; md5?: Hash | undefined }

/**
 * What runs in a worker: hashes blobs, one after the other, for reads of several hold up the uploads that need the same thread of
 * the browser (1.21 times a bare upload's time, where five at once took 1.36). What goes wrong is not told: the page then reads the
 * blob itself, and sees it. scripts/build-worker.mjs makes texts of the workers.
 */
export function takeOrders(make: MakeHashes): void {
  /** To what it runs, a worker's scope is a port to the page. */
  const page = globalThis as unknown as MessagePort
  let last: Promise<unknown> = Promise.resolve()
  const underWay = new Map<number, AbortController>()

  page.onmessage = async ({ data: { id, blob, request } }: MessageEvent<HashOrder>) => {
    if (!blob || !request) return underWay.get(id)?.abort()
    const stop = new AbortController()
    underWay.set(id, stop)
    const mine = last.then(() => hashBlob(blob, make(request), stop.signal)).catch(() => undefined)
    last = mine
    const hashes = await mine
    underWay.delete(id)
    page.postMessage({ id, hashes } satisfies HashReply)
  }
}
