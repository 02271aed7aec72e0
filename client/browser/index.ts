import type { ApiOptions } from '../api.ts'
import type { Upload } from '../events.ts'
import type { ControlPlane } from '../ports.ts'
import type { UploadOptions } from '../upload.ts'

export interface BrowserClient {
  /** The API itself: `download({key}, signal)`, `listUploads(…)`. */
  readonly api: ControlPlane
  /** Begins at once; goes on where an earlier upload of the same file (name, size, lastModified) stopped. */
  upload(file: File, options?: UploadOptions): Upload
}

/**
 * Partway for browsers.
 * @example
 * const client = createClient({ url: location.origin })
 * const upload = client.upload(file)
 * upload.on('progress', () => draw(upload.snapshot()))
 * const { key } = await upload.result
 */
export function createClient(_options: ApiOptions): BrowserClient {
  throw new Error('Not wired yet.')
}

export * from '../errors.ts'
export type * from '../events.ts'
export type { UploadOptions } from '../upload.ts'
