import { join } from 'node:path'
import { type ApiOptions, createApi } from '../api.ts'
import type { Download } from '../download-events.ts'
import type { Upload } from '../events.ts'
import type { ControlPlane } from '../ports.ts'
import { type UploadOptions, upload } from '../upload.ts'
import { type DownloadOptions, download } from './download.ts'
import { type Connections, createConnections } from './http.ts'
import { fileJournals } from './journal.ts'
import { createS3ControlPlane, type S3Target } from './s3/control-plane.ts'
import { openStore, type S3StoreOptions } from './s3/store.ts'
import type { FileSource } from './source.ts'
import { stateFolder } from './state-folder.ts'
import { createTraffic, type TrafficOptions } from './traffic.ts'
import { fileTransport } from './transport.ts'
import { nodeWakes } from './wakes.ts'

export interface NodeClient {
  readonly api: ControlPlane
  /** Begins at once; goes on where an earlier upload of the same file stopped. Close the source afterwards. */
  upload(source: FileSource, options?: UploadOptions): Upload
  /** Begins at once; goes on where an earlier one to the same place stopped. The object has its name when it is whole. */
  download(key: string, options?: DownloadOptions): Download
  /** Closes idle connections, so that the process can end. */
  close(): void
}

export interface NodeOptions extends TrafficOptions {
  /** Where unfinished uploads are remembered. @default `PARTWAY_STATE`, or the XDG state folder */
  readonly state?: string | undefined
}

export interface S3ClientOptions extends NodeOptions, S3StoreOptions, Pick<S3Target, 'prefix'> {}

export interface S3UploadOptions extends UploadOptions, Pick<S3Target, 'key' | 'overwrite'> {}

export interface S3Client extends Omit<NodeClient, 'upload'> {
  /** Begins at once; goes on where an earlier upload of the same file to the same key stopped. Close the source afterwards. */
  upload(source: FileSource, options?: S3UploadOptions): Upload
}

/**
 * Partway for Node.
 * @throws {RangeError} for limits that leave no room for a part
 * @example
 * const client = createClient({ url: 'http://localhost:8080' })
 * const source = await openFile('film.mov')
 * const { key } = await client.upload(source).result
 * await source.close()
 * client.close()
 */
export function createClient(options: ApiOptions & NodeOptions): NodeClient {
  return wire(createApi({ wakes: nodeWakes, ...options }), createConnections(), options)
}

/**
 * Partway for Node straight to S3, with AWS credentials and to keys of the caller's own. Credentials that expire midway are asked for again, and
 * waited for.
 * @example
 * const client = createS3Client({ bucket: 'films' })
 * const source = await openFile('film.mov')
 * await client.upload(source, { key: '2026/film.mov' }).result
 */
export function createS3Client({ prefix = '', ...options }: S3ClientOptions): S3Client {
  const connections = createConnections()
  const store = openStore({ wakes: nodeWakes, ...options }, connections)
  const client = wire(createS3ControlPlane(store, { prefix }), connections, options)
  return {
    ...client,
    upload: (source, { key = prefix + source.name, overwrite, ...options } = {}) =>
      client.upload(source, options, createS3ControlPlane(store, { key, overwrite })),
  }
}

/** What both have in common. */
function wire(api: ControlPlane, connections: Connections, { state, ...limits }: NodeOptions) {
  const folder = state ?? stateFolder(process.env)
  const traffic = createTraffic(limits)
  const locks = join(folder, 'locks')
  const ports = {
    transport: fileTransport(connections),
    journals: fileJournals(folder),
    wakes: nodeWakes,
    ...traffic,
  }
  return {
    api,
    upload: (source: FileSource, options?: UploadOptions, controlPlane = api) =>
      upload(source, { ...ports, controlPlane }, options),
    download: (key: string, options?: DownloadOptions) =>
      download(key, { api, connections, locks, wakes: nodeWakes, ...traffic }, options),
    close: () => connections.close(),
  }
}

export type * from '../download-events.ts'
export * from '../errors.ts'
export type * from '../events.ts'
export type { UploadOptions } from '../upload.ts'
export type { DownloadOptions } from './download.ts'
export { FolderMissingError } from './download-path.ts'
export { DiskFullError, FileExistsError, ForeignPartFileError, NotRegularFileError } from './file-errors.ts'
export {
  type AwsCredentials,
  CredentialsError,
  type CredentialsProvider,
  environmentCredentials,
  staticCredentials,
} from './s3/credentials.ts'
export { sharedCredentialsFile } from './s3/credentials-file.ts'
export { defaultCredentials } from './s3/default-credentials.ts'
export { KeyTakenError } from './s3/problems.ts'
export { type FileSource, type OpenFileOptions, openFile } from './source.ts'
export type { TrafficOptions } from './traffic.ts'
