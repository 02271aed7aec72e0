import { type BrowserClient, createClient } from '../client/browser/index.ts'
import type { PartwayUpload } from './partway-upload.ts'
import { createUploadQueue } from './queue/index.ts'
import type { UploadQueue } from './upload-queue.ts'

/** What two elements on a page have in common, where they upload to the same place. */
export interface SharedQueue {
  readonly client: BrowserClient
  readonly queue: UploadQueue
  /** It closes with the last one. */
  release(): void
}

const shared = new Map<string, ReturnType<typeof open>>()

/** @returns an attribute's number, where it is one above 0 */
const numberOf = (element: Element | undefined, attribute: string): number | undefined =>
  Number(element?.getAttribute(attribute)) || undefined

/** @param element whose token, metadata and part size are asked for from now on, until it releases the queue */
export function shareQueue(element: PartwayUpload): SharedQueue {
  const endpoint = new URL(element.getAttribute('endpoint') ?? '', location.href).href
  const known = shared.get(endpoint) ?? open(endpoint, element)
  shared.set(endpoint, known)
  const { client, queue, elements } = known
  elements.add(element)
  return {
    client,
    queue,
    release() {
      elements.delete(element)
      if (elements.size > 0) return
      shared.delete(endpoint)
      queue.close()
    },
  }
}

function open(endpoint: string, first: PartwayUpload) {
  const elements = new Set<PartwayUpload>()
  const latest = () => [...elements].at(-1)
  const client = createClient({
    url: endpoint,
    token: (refused, signal) => latest()?.token?.(refused, signal),
    bandwidthLimit: numberOf(first, 'bandwidth-limit'),
    concurrency: numberOf(first, 'concurrency'),
  })
  const queue = createUploadQueue({
    endpoint,
    client,
    uploadOptions: {
      get partSize() {
        return numberOf(latest(), 'part-size')
      },
      get metadata() {
        return latest()?.metadata
      },
    },
  })
  return { client, queue, elements }
}
