import type { Upload } from './events.ts'
import type { ControlPlane, PartTransport, RecordStore, Source } from './ports.ts'

export interface UploadOptions {
  /** Parts under way at once. @default 6 in Node, 5 in browsers */
  readonly concurrency?: number
  /** In bytes, whole MiB from 5 MiB to 5 GiB. An upload that goes on keeps its own. @default 8 MiB, more where 10,000 parts would not do */
  readonly partSize?: number
  /** @default the source's own */
  readonly contentType?: string
  readonly metadata?: Readonly<Record<string, string>>
  /** Forgets and aborts an unfinished upload of this source, and begins anew. @default false */
  readonly restart?: boolean
  /** Stops the upload; the parts are kept. */
  readonly signal?: AbortSignal
}

export interface UploadPorts<Slice> {
  readonly controlPlane: ControlPlane
  readonly transport: PartTransport<Slice>
  readonly records: RecordStore
}

/** Begins at once. */
export function upload<Slice>(
  source: Source<Slice>,
  _ports: UploadPorts<Slice>,
  _options: UploadOptions = {},
): Upload {
  throw new Error(`Sending ${source.name} is not wired yet.`)
}
