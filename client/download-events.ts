import type { Checksum } from '../protocol/schemas.ts'
import type { Wait } from './control-plane.ts'
import type { PartwayError } from './errors.ts'
import type { Listener } from './events.ts'
import type { State } from './states.ts'

/** A download under way. Stopped, killed or failed for now, the same one begun again goes on where it was. */
export interface Download {
  /** Rejects with a {@link PartwayError}, or the file system's error. Need not be awaited. */
  readonly result: Promise<DownloadResult>
  /** @returns removes the listener */
  on<Type extends keyof DownloadEvents>(type: Type, listener: Listener<DownloadEvents[Type]>): () => void
  snapshot(): DownloadSnapshot
}

/** As an upload's, of which a download has no `paused` and no `aborted`; `completing`: compared, and given its name. */
export type DownloadState = Exclude<State, 'uploading' | 'paused' | 'aborted'> | 'downloading'

export interface DownloadEvents {
  state: { readonly state: DownloadState; readonly previous: DownloadState }
  /** Where it goes is known, and is free; bytes of the object, or of the range of it. */
  started: { readonly path: string; readonly size: number }
  /** So much is there from an earlier run, and is not received again. */
  resumed: { readonly path: string; readonly bytes: number; readonly size: number }
  /** What was there does not count: completes "Beginning anew: …". */
  restarted: { readonly reason: string }
  progress: { readonly bytesReceived: number; readonly size: number }
  /** A try failed and is repeated after `delay` milliseconds. */
  retry: { readonly delay: number; readonly error: PartwayError }
}

export interface DownloadSnapshot {
  readonly state: DownloadState
  /** Of state `waiting`. */
  readonly waitingFor: Wait | undefined
  /** Absolute; in browsers, the file's name. Once it has started. */
  readonly path: string | undefined
  /** Those of an earlier run are among them. */
  readonly bytesReceived: number
  readonly bytesResumed: number
  /** `undefined` until the API has said. */
  readonly size: number | undefined
  /** Bytes per second. */
  readonly rate: number | undefined
  /** Seconds. */
  readonly eta: number | undefined
  /** Tries that failed and were repeated. */
  readonly retries: number
  /** Of state `resumable` or `failed`. */
  readonly error: Error | undefined
}

export interface DownloadResult {
  readonly key: string
  /** Absolute; in browsers, the file's name; `-` for a stream. */
  readonly path: string
  /** Of what was asked for. */
  readonly size: number
  /** Where that is not all of the object: its bytes from `start` to before `end`. */
  readonly range: { readonly start: number; readonly end: number } | undefined
  /** Without quotes. */
  readonly etag: string
  /** Of the whole object. */
  readonly checksum: Checksum | undefined
  /** What was compared between what the store holds and what was written here. */
  readonly verified: 'checksum' | 'etag' | 'size'
  /** Why it was not the checksum. */
  readonly downgraded: string | undefined
  /** Bytes that arrived in this run, those that arrived twice included. */
  readonly bytesTransferred: number
  readonly bytesResumed: number
  /** Milliseconds of this run. */
  readonly elapsed: number
}
