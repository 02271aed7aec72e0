import type { Upload } from '../../client/events.ts'
import { openFile } from '../../client/node/source.ts'
import { createTestClient, type Straight } from './client.ts'
import type { Cuts } from './tagged-transport.ts'
import { asFailure, type Outcome } from './told.ts'

/** One file to be sent, or one object to be fetched. */
export interface Errand {
  readonly direction: 'upload' | 'download'
  /** Of the file. */
  readonly path: string
  /** Of the object that is fetched. */
  readonly key?: string | undefined
  /** Without the API. */
  readonly straight?: Straight | undefined
  readonly lanes: number
  readonly partSize: number
}

/** An errand under way. */
export interface Running {
  /** `undefined` where it was killed. */
  readonly outcome: Promise<Outcome | undefined>
  pause(milliseconds: number): void
  stop(): void
  /** As by `kill -9`. */
  kill?(): void
  /** Of a page. */
  reload?(): void
  /** Of a browser, for so long. */
  offline?(milliseconds: number): void
}

/** Runs errands, in this process or in others. */
export interface Porter {
  begin(errand: Errand): Running
  /** By try. */
  readonly cuts: Cuts
  /** Timers of the engine that are running, where that can be known. */
  readonly timers: number
  close(): void | Promise<void>
}

export function createPorter(apiUrl: string, state: string): Porter {
  const client = createTestClient(apiUrl, state)
  const pauses = new Set<NodeJS.Timeout>()
  return {
    begin({ direction, path, key = '', straight, lanes: concurrency, partSize }) {
      const stop = new AbortController()
      const options = { concurrency, signal: stop.signal }
      let upload: Upload | undefined
      const send = async () => {
        const source = await openFile(path)
        try {
          upload = client.upload(source, { ...options, partSize }, straight)
          return await upload.result
        } finally {
          await source.close()
        }
      }
      const fetch = () => client.download(key, { ...options, output: path }, straight).result
      return {
        outcome: (direction === 'upload' ? send() : fetch()).then((result) => ({ result }), asFailure),
        pause(milliseconds) {
          const paused = upload
          paused?.pause()
          pauses.add(setTimeout(() => paused?.resume(), milliseconds))
        },
        stop: () => stop.abort(new Error('The user stops it.')),
      }
    },
    cuts: client.cuts,
    get timers() {
      return client.timers
    },
    close() {
      for (const pause of pauses) clearTimeout(pause)
      client.close()
    },
  }
}
