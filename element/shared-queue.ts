import { type BrowserClient, createClient, type UploadOptions } from '../client/browser/index.ts'
import { createUploadQueue } from './queue/index.ts'
import type { UploadQueue } from './upload-queue.ts'

export type TokenProvider = NonNullable<Parameters<typeof createClient>[0]['token']>

/** What two elements on a page have in common, where they upload to the same place. */
export interface SharedQueue {
  readonly client: BrowserClient
  readonly queue: UploadQueue
  /** Of whichever element said so last. */
  readonly settings: Settings
  /** It closes with the last one. */
  release(): void
}

export interface Settings {
  token?: TokenProvider | undefined
  /** The queue looks at it whenever an upload begins. */
  readonly upload: Pick<UploadOptions, 'partSize' | 'metadata'>
  readonly bandwidthLimit?: number | undefined
  readonly concurrency?: number | undefined
}

const shared = new Map<string, SharedQueue & { users: number }>()

export function shareQueue(endpoint: string, settings: Settings): SharedQueue {
  let known = shared.get(endpoint)
  if (!known) {
    const { bandwidthLimit, concurrency } = settings
    const client = createClient({
      url: endpoint,
      token: (refused, signal) => known?.settings.token?.(refused, signal),
      bandwidthLimit,
      concurrency,
    })
    const queue = createUploadQueue({ endpoint, client, uploadOptions: settings.upload })
    known = {
      client,
      queue,
      settings,
      users: 0,
      release() {
        if (--this.users > 0) return
        shared.delete(endpoint)
        queue.close()
      },
    }
    shared.set(endpoint, known)
  }
  known.users++
  return known
}
