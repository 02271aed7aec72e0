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
import type { Clock } from '../../client/ports.ts'
import { type UploadOptions, upload } from '../../client/upload.ts'
import { type Cuts, taggedTransport } from './tagged-transport.ts'
import { TIMING } from './timing.ts'

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
  const { transport, cuts } = taggedTransport(fileTransport(connections), String(process.pid))
  const ports = {
    controlPlane: api,
    transport,
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
