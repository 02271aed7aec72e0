import { type ApiOptions, createApi } from '../api.ts'
import type { Upload } from '../events.ts'
import type { ControlPlane } from '../ports.ts'
import { type UploadOptions, upload } from '../upload.ts'
import { type Download, type DownloadOptions, download } from './download.ts'
import { createConnections } from './http.ts'
import { fileJournals } from './journal.ts'
import type { FileSource } from './source.ts'
import { stateFolder } from './state-folder.ts'
import { fileTransport } from './transport.ts'
import { nodeWakes } from './wakes.ts'

export interface NodeClient {
  readonly api: ControlPlane
  /** Begins at once; goes on where an earlier upload of the same file stopped. Close the source afterwards. */
  upload(source: FileSource, options?: UploadOptions): Upload
  /** Begins at once; the object appears under its final name when it is whole. */
  download(key: string, options?: DownloadOptions): Download
  /** Closes idle connections, so that the process can end. */
  close(): void
}

/**
 * Partway for Node.
 * @param options.state where unfinished uploads are remembered. @default `PARTWAY_STATE`, or the XDG state folder
 * @example
 * const client = createClient({ url: 'http://localhost:8080' })
 * const source = await openFile('film.mov')
 * const { key } = await client.upload(source).result
 * await source.close()
 * client.close()
 */
export function createClient({ state, ...options }: ApiOptions & { state?: string }): NodeClient {
  const api = createApi({ wakes: nodeWakes, ...options })
  const connections = createConnections()
  const ports = {
    controlPlane: api,
    transport: fileTransport(connections),
    journals: fileJournals(state ?? stateFolder(process.env)),
    wakes: nodeWakes,
  }
  return {
    api,
    upload: (source, options) => upload(source, ports, options),
    download: (key, options) => download(key, { api, connections, wakes: nodeWakes }, options),
    close: () => connections.close(),
  }
}

export * from '../errors.ts'
export type * from '../events.ts'
export type { UploadOptions } from '../upload.ts'
export type * from './download.ts'
export { FolderMissingError } from './download-path.ts'
export { type FileSource, openFile } from './source.ts'
export { FileExistsError, NotRegularFileError } from './target.ts'
