import { type ApiOptions, createApi } from '../api.ts'
import type { Upload } from '../events.ts'
import type { ControlPlane } from '../ports.ts'
import { createRecovery } from '../recovery.ts'
import { type UploadOptions, upload } from '../upload.ts'
import { browserJournals } from './journal.ts'
import { fileSource } from './source.ts'
import { createTraffic, type TrafficOptions } from './traffic.ts'
import { xhrTransport } from './transport.ts'
import { browserWakes } from './wakes.ts'

export interface BrowserClient {
  /** The API itself: `download({key}, signal)`, `listUploads(…)`. */
  readonly api: ControlPlane
  /** Begins at once; goes on where an earlier upload of the same file (name, size, lastModified) stopped. */
  upload(file: File, options?: FileOptions): Upload
}

export interface FileOptions extends UploadOptions {
  /** What the file is sent as, such as `films/a.mov` with its folders. The same file under another name is another. @default its own name */
  readonly fileName?: string | undefined
}

/**
 * Partway for browsers.
 * @example
 * const client = createClient({ url: location.origin })
 * const upload = client.upload(file)
 * upload.on('progress', () => draw(upload.snapshot()))
 * const { key } = await upload.result
 */
export function createClient(options: ApiOptions & TrafficOptions): BrowserClient {
  const wakes = browserWakes()
  const api = createApi({ wakes, ...options })
  const lanes = createTraffic(options)
  const ports = {
    controlPlane: api,
    transport: xhrTransport(),
    journals: browserJournals(),
    wakes,
    lanes,
    recovery: createRecovery(),
  }
  return {
    api,
    upload: (file, options) => upload(fileSource(file, options?.fileName), ports, options),
  }
}

export * from '../errors.ts'
export type * from '../events.ts'
export type { UploadOptions } from '../upload.ts'
