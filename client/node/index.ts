import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { type ApiOptions, createApi } from '../api.ts'
import * as carriage from '../carrier.ts'
import type { ControlPlane } from '../control-plane.ts'
import type { Download } from '../download-events.ts'
import type { Upload } from '../events.ts'
import * as extras from '../extras.ts'
import { type UploadOptions, upload } from '../upload.ts'
import { type ApiSigningOptions, apiSigner } from './api-signer.ts'
import { type DownloadOptions, download } from './download.ts'
import { type Connections, createConnections } from './http.ts'
import { fileJournals } from './journal.ts'
import { createS3ControlPlane, type S3Target } from './s3/control-plane.ts'
import { openStore, type S3StoreOptions } from './s3/store.ts'
import type { FileSource } from './source.ts'
import { stateFolder } from './state-folder.ts'
import { downloadStream, type StreamOptions } from './stream.ts'
import { createTraffic, type TrafficOptions } from './traffic.ts'
import { fileTransport } from './transport.ts'
import { type S3StreamOptions, uploadStream } from './upload-stream.ts'
import { nodeWakes } from './wakes.ts'

export interface NodeClient {
  readonly api: ControlPlane
  /** Begins at once; goes on where an earlier upload of the same file stopped. Close the source afterwards. */
  upload(source: FileSource, options?: UploadOptions): Upload
  /** Begins at once; goes on where an earlier one to the same place stopped. The object has its name when it is whole. */
  download(key: string, options?: DownloadOptions): Download
  /**
   * Begins at once; hands the bytes on in order and does not end the stream. Nothing is kept: one that ends early has to begin again, and what does not
   * compare with the store has gone by then. Rejects with an {@link OutputClosedError} where the stream is closed.
   */
  downloadStream(key: string, writable: Writable, options?: StreamOptions): Download
  /** Closes idle connections, so that the process can end. */
  close(): void
}

export interface NodeOptions extends TrafficOptions {
  /** Where unfinished uploads are remembered. @default `PARTWAY_STATE`, or the XDG state folder */
  readonly state?: string | undefined
}

/** Of an API: by bearer token, or signed with AWS credentials where it has auth iam. */
export interface ClientOptions extends ApiOptions, NodeOptions, Pick<ApiSigningOptions, 'region'> {
  /** Sign each call, such as those of `defaultCredentials()`. @default calls are not signed */
  readonly credentials?: ApiSigningOptions['credentials']
}

export interface S3ClientOptions extends NodeOptions, S3StoreOptions, Pick<S3Target, 'prefix'> {}

export interface S3UploadOptions extends UploadOptions, Pick<S3Target, 'key' | 'overwrite' | 'headers'> {}

export interface S3Client extends Omit<NodeClient, 'upload'> {
  /** Begins at once; goes on where an earlier upload of the same file to the same key stopped. Close the source afterwards. @throws {TypeError} for a key or headers that S3 would not take */
  upload(source: FileSource, options?: S3UploadOptions): Upload
  /**
   * Begins at once, and reads as fast as it can send: parts are held in memory until the store has them, as many as `maxMemory` has room for, or
   * else 4. One that ends within the first part goes in one PUT. A stream cannot be read again, so nothing is kept: one that fails, or is
   * stopped, has its parts dropped, is `failed` with a {@link StreamError}, and has to be sent anew.
   * @throws {RangeError} for a part size that is none, too small for the size that is expected, or too large for the memory
   * @throws {TypeError} for a key or headers that S3 would not take
   * @example await client.uploadStream(process.stdin, { key: 'backup.tar', expectedSize: 2e12 }).result
   */
  uploadStream(chunks: AsyncIterable<Uint8Array>, options: S3StreamOptions): Upload
}

/**
 * Partway for Node. Credentials that expire midway are asked for again, and waited for.
 * @throws {RangeError} for limits that leave no room for a part
 * @example
 * const client = createClient({ url: 'http://localhost:8080' })
 * const source = await openFile('film.mov')
 * const { key } = await client.upload(source).result
 * await source.close()
 * client.close()
 */
export function createClient({ credentials, ...options }: ClientOptions): NodeClient {
  const { authorizer = credentials && apiSigner({ ...options, credentials }) } = options
  const connections = createConnections()
  const api = createApi({ wakes: nodeWakes, ...options, authorizer })
  return wire(api, connections, portsOf(connections, options))
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
  const ports = portsOf(connections, options)
  const isLimited = options.maxMemory !== undefined
  const client = wire(createS3ControlPlane(store, { prefix }), connections, ports)
  return {
    ...client,
    upload: (source, { key = prefix + source.name, overwrite, headers, ...options } = {}) =>
      client.upload(source, options, createS3ControlPlane(store, { key, overwrite, headers })),
    uploadStream: (chunks, options) =>
      uploadStream(chunks, options, {
        ...ports,
        isLimited,
        controlPlane: (stream) => {
          const { key, overwrite, headers } = options
          return createS3ControlPlane(store, { key, overwrite, headers, stream })
        },
      }),
  }
}

function portsOf(connections: Connections, { state, ...limits }: NodeOptions) {
  const folder = state ?? stateFolder(process.env)
  return {
    transport: fileTransport(connections),
    journals: fileJournals(folder),
    locks: join(folder, 'locks'),
    wakes: nodeWakes,
    carriage: async () => carriage,
    extras: async () => extras,
    ...createTraffic(limits),
  }
}

/** What both have in common. */
function wire(api: ControlPlane, connections: Connections, ports: ReturnType<typeof portsOf>) {
  return {
    api,
    upload: (source: FileSource, options?: UploadOptions, controlPlane = api) =>
      upload(source, { ...ports, controlPlane }, options),
    download: (key: string, options?: DownloadOptions) =>
      download(key, { ...ports, api, connections }, options),
    downloadStream: (key: string, writable: Writable, options?: StreamOptions) =>
      downloadStream(key, writable, { ...ports, api, connections }, options),
    close: () => connections.close(),
  }
}

export type { Authorizer } from '../authorizer.ts'
export type { TokenProvider } from '../bearer.ts'
export type * from '../download-events.ts'
export * from '../errors.ts'
export type * from '../events.ts'
export type { UploadOptions } from '../upload.ts'
export { type ApiSigningOptions, apiSigner } from './api-signer.ts'
export type { DownloadOptions } from './download.ts'
export { FolderMissingError, FolderTakenError } from './download-path.ts'
export {
  DiskFullError,
  FileExistsError,
  ForeignPartFileError,
  NotRegularFileError,
  OutputClosedError,
} from './file-errors.ts'
export { isFolderMarker, PathClaims, PathCollisionError, relativePathOf } from './relative-path.ts'
export {
  type AwsCredentials,
  CredentialsError,
  type CredentialsProvider,
  environmentCredentials,
  staticCredentials,
} from './s3/credentials.ts'
export { sharedCredentialsFile } from './s3/credentials-file.ts'
export { defaultCredentials } from './s3/default-credentials.ts'
export type { ObjectHeaders } from './s3/object-headers.ts'
export { KeyTakenError } from './s3/problems.ts'
export { type FileSource, type OpenFileOptions, openFile } from './source.ts'
export type { StreamOptions } from './stream.ts'
export { StreamError } from './stream-errors.ts'
export type { TrafficOptions } from './traffic.ts'
export type { S3StreamOptions } from './upload-stream.ts'
