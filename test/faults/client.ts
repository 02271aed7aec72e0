import { join } from 'node:path'
import { createApi } from '../../client/api.ts'
import { systemClock } from '../../client/clock.ts'
import type { Download } from '../../client/download-events.ts'
import type { Upload } from '../../client/events.ts'
import { type DownloadOptions, download } from '../../client/node/download.ts'
import { createConnections } from '../../client/node/http.ts'
import { fileJournals } from '../../client/node/journal.ts'
import { createS3ControlPlane } from '../../client/node/s3/control-plane.ts'
import type { CredentialsProvider } from '../../client/node/s3/credentials.ts'
import { openStore } from '../../client/node/s3/store.ts'
import type { FileSource } from '../../client/node/source.ts'
import { fileTransport } from '../../client/node/transport.ts'
import type { Clock } from '../../client/ports.ts'
import { type UploadOptions, upload } from '../../client/upload.ts'
import { enginePorts } from '../client/engine-ports.ts'
import { REGION, root } from '../local/s3-root.ts'
import { BUCKET } from './bucket.ts'
import { type Cuts, taggedTransport } from './tagged-transport.ts'
import { TIMING } from './timing.ts'

/** Without the API: where in S3. */
export interface Straight {
  /** An origin. */
  readonly endpoint: string
  /** Of the object. */
  readonly key: string
}

/** Partway for Node as client/node/index.ts wires it, with this timing and a clock that counts. */
export interface TestClient {
  upload(source: FileSource, options: UploadOptions, straight?: Straight): Upload
  download(key: string, options: DownloadOptions, straight?: Straight): Download
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
  const planeOf = ({ endpoint, key }: Straight) =>
    createS3ControlPlane(
      openStore(
        {
          ...{ bucket: BUCKET, region: REGION, endpoint, timing: TIMING, clock },
          credentials: renewedCredentials(),
        },
        connections,
      ),
      { key },
    )
  return {
    upload: (source, options, straight) =>
      upload(source, { ...enginePorts, ...ports, controlPlane: straight ? planeOf(straight) : api }, options),
    download: (key, options, straight) => {
      const plane = straight ? planeOf(straight) : api
      const locks = join(state, 'locks')
      return download(key, { api: plane, connections, locks, timing: TIMING, clock }, options)
    },
    cuts,
    get timers() {
      return clock.running
    },
    close: () => connections.close(),
  }
}

/** Others, each time that they are asked for. */
function renewedCredentials(): CredentialsProvider {
  let times = 0
  const { accessKeyId, secretAccessKey } = root
  return async () => ({ accessKeyId: `${accessKeyId}-${++times}`, secretAccessKey })
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
