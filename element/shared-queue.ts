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

const shared = new Map<string, SharedQueue & { element: PartwayUpload; users: number }>()

/** @returns an attribute's number, where it is one above 0 */
const numberOf = (element: Element, attribute: string): number | undefined =>
  Number(element.getAttribute(attribute)) || undefined

/** @param element whose token, metadata and part size are asked for from now on */
export function shareQueue(element: PartwayUpload): SharedQueue {
  const endpoint = new URL(element.getAttribute('endpoint') ?? '', location.href).href
  const known = shared.get(endpoint) ?? open(endpoint, element)
  known.element = element
  known.users++
  return known
}

function open(endpoint: string, element: PartwayUpload) {
  const client = createClient({
    url: endpoint,
    token: (refused, signal) => opened.element.token?.(refused, signal),
    bandwidthLimit: numberOf(element, 'bandwidth-limit'),
    concurrency: numberOf(element, 'concurrency'),
  })
  const queue = createUploadQueue({
    endpoint,
    client,
    uploadOptions: {
      get partSize() {
        return numberOf(opened.element, 'part-size')
      },
      get metadata() {
        return opened.element.metadata
      },
    },
  })
  const opened = {
    client,
    queue,
    element,
    users: 0,
    release() {
      if (--this.users > 0) return
      shared.delete(endpoint)
      queue.close()
    },
  }
  shared.set(endpoint, opened)
  return opened
}
