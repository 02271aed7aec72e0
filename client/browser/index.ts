import { type BrowserClient, type ClientOptions, wire } from './client.ts'

/**
 * Partway for browsers.
 * @example
 * const client = createClient({ url: location.origin })
 * const upload = client.upload(file)
 * upload.on('progress', () => draw(upload.snapshot()))
 * const { key } = await upload.result
 */
export function createClient(options: ClientOptions): BrowserClient {
  return wire(options, {
    carriage: () => import('./carriage.ts'),
    extras: () => import('./extras.ts'),
    downloads: () => import('./download.ts'),
  })
}

export type { DownloadOptions } from '../download.ts'
export type * from '../download-events.ts'
export * from '../errors.ts'
export type * from '../events.ts'
export type { PlaceError, PlaceReason } from '../place-error.ts'
export type { UploadOptions } from '../upload.ts'
export type { BrowserClient, FileOptions } from './client.ts'
export type { UnfinishedDownload } from './download.ts'
