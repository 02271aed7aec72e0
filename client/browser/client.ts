import { type ApiOptions, createApi } from '../api.ts'
import type { ControlPlane } from '../control-plane.ts'
import type { DownloadOptions } from '../download.ts'
import type { Download } from '../download-events.ts'
import type { Upload } from '../events.ts'
import { createHolds } from '../holds.ts'
import type { Carriage } from '../late-carrier.ts'
import { createRecovery } from '../recovery.ts'
import { type Extras, type UploadOptions, upload } from '../upload.ts'
import type { UnfinishedDownload } from './download.ts'
import { browserJournals } from './journal.ts'
import { fileSource } from './source.ts'
import { createTraffic, type TrafficOptions } from './traffic.ts'
import { xhrTransport } from './transport.ts'
import { browserWakes } from './wakes.ts'

export type ClientOptions = ApiOptions & TrafficOptions

export interface BrowserClient {
  /** The API itself: `download({key}, signal)`, `listUploads(…)`. */
  readonly api: ControlPlane
  /** Begins at once; goes on where an earlier upload of the same file (name, size, lastModified) stopped. */
  upload(file: File, options?: FileOptions): Upload
  /**
   * Begins once its code is loaded; goes on where an earlier one of the same object into the same file stopped. The file has part of the
   * object until it is whole.
   * @param place as of `showSaveFilePicker()`, where the browser has that
   */
  download(key: string, place: FileSystemFileHandle, options?: DownloadOptions): Promise<Download>
  /** Downloads from this API that were begun in this browser and can be gone on with, the latest first. */
  unfinishedDownloads(): Promise<UnfinishedDownload[]>
  /** Forgets it, and removes the file, where the browser lets it, unless somebody else wrote to it. Of one under way: stop it first. */
  discardDownload(place: FileSystemFileHandle): Promise<void>
}

export interface FileOptions extends UploadOptions {
  /** What the file is sent as, such as `films/a.mov` with its folders. The same file under another name is another. @default its own name */
  readonly fileName?: string | undefined
}

/** Code that is loaded when it is needed. */
export interface Loaders {
  carriage(): Promise<Carriage>
  extras(): Promise<Extras>
  downloads(): Promise<typeof import('./download.ts')>
}

/** All of the client but what is loaded when it is needed. */
export function wire(options: ClientOptions, { carriage, extras, downloads }: Loaders): BrowserClient {
  // While the page's own code comes: a browser that could not fetch a module does not ask for it again before the page is reloaded.
  Promise.all([carriage(), extras(), import('./crc-worker-source.ts')]).catch(() => {})
  const wakes = browserWakes()
  const api = createApi({ wakes, ...options })
  const lanes = createTraffic(options)
  const shared = { wakes, lanes, recovery: createRecovery() }
  const ports = {
    ...shared,
    holds: createHolds(),
    ...{ controlPlane: api, transport: xhrTransport(), journals: browserJournals() },
    ...{ carriage, extras },
  }
  return {
    api,
    download: async (key, place, options) =>
      (await downloads()).download(key, place, { ...shared, api }, options),
    unfinishedDownloads: async () => (await downloads()).unfinishedDownloads(api.endpoint),
    discardDownload: async (place) => (await downloads()).discardDownload(place),
    upload: (file, options) => upload(fileSource(file, options?.fileName), ports, options),
  }
}
