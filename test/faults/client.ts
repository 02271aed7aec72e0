import { join } from 'node:path'
import { createApi } from '../../client/api.ts'
import { systemClock } from '../../client/clock.ts'
import type { Download } from '../../client/download-events.ts'
import type { Upload } from '../../client/events.ts'
import { type DownloadOptions, download } from '../../client/node/download.ts'
import { createConnections } from '../../client/node/http.ts'
import { fileJournals } from '../../client/node/journal.ts'
import type { FileSource } from '../../client/node/source.ts'
import { fileTransport } from '../../client/node/transport.ts'
import type { Clock, PartTransport } from '../../client/ports.ts'
import type { Timing } from '../../client/timing.ts'
import { type UploadOptions, upload } from '../../client/upload.ts'

/** The engine's own, a hundred times shorter. */
export const TIMING: Timing = {
  stallMs: 400,
  answerMs: 800,
  wokenMs: 100,
  apiAnswerMs: 800,
  retryBaseMs: 4,
  retryCapMs: 60,
  patienceMs: 2500,
  longestCompleteMs: 1500,
}

/** Names a try to put a part in a header, so that what the client says of it and what the proxy saw are known to be of one. */
export const TRY_HEADER = 'x-try'

/** Why the client itself ended a try to put a part: the name of the error, and after how many milliseconds. */
export type Cuts = ReadonlyMap<string, { readonly error: string; readonly after: number }>

/** Partway for Node as client/node/index.ts wires it, with this timing and a clock that counts. */
export interface TestClient {
  upload(source: FileSource, options: UploadOptions): Upload
  download(key: string, options: DownloadOptions): Download
  /** By try. */
  readonly cuts: Cuts
  /** Timers of the engine that are running. */
  readonly timers: number
  close(): void
}

export function createTestClient(apiUrl: string, state: string): TestClient {
  const clock = countingClock()
  const api = createApi({ url: apiUrl, timing: TIMING, clock })
  const connections = createConnections()
  const cuts: Tries = new Map()
  const ports = {
    controlPlane: api,
    transport: taggedTransport(fileTransport(connections), cuts),
    journals: fileJournals(state),
    timing: TIMING,
    clock,
  }
  return {
    upload: (source, options) => upload(source, ports, options),
    download: (key, options) =>
      download(key, { api, connections, locks: join(state, 'locks'), timing: TIMING, clock }, options),
    cuts,
    get timers() {
      return clock.running
    },
    close: () => connections.close(),
  }
}

type Tries = Map<string, { error: string; after: number }>

function taggedTransport<Slice>(transport: PartTransport<Slice>, cuts: Tries): PartTransport<Slice> {
  let tries = 0
  return {
    ...transport,
    async put(request) {
      const name = `${process.pid}-${++tries}`
      const { signal } = request
      const began = performance.now()
      const onAbort = () => {
        const { name: error } = signal.reason as Error
        cuts.set(name, { error, after: performance.now() - began })
      }
      signal.addEventListener('abort', onAbort)
      try {
        return await transport.put({ ...request, headers: { ...request.headers, [TRY_HEADER]: name } })
      } finally {
        signal.removeEventListener('abort', onAbort)
      }
    },
  }
}

function countingClock(): Clock & { readonly running: number } {
  let running = 0
  return {
    get running() {
      return running
    },
    now: systemClock.now,
    after(milliseconds, callback) {
      running++
      let open = true
      const close = () => {
        if (open) running--
        open = false
      }
      const cancel = systemClock.after(milliseconds, () => {
        close()
        callback()
      })
      return () => {
        close()
        cancel()
      }
    },
  }
}
