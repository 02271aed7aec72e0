import type { Checksum } from '../protocol/schemas.ts'
import type { Wait } from './control-plane.ts'
import type { PartwayError } from './errors.ts'
import type { State } from './states.ts'

/** An upload under way. Events say that something happened; {@link Upload.snapshot} says how everything stands. */
export interface Upload {
  /** Rejects with a {@link PartwayError}. Need not be awaited: listeners of `state` see the same. */
  readonly result: Promise<UploadResult>
  /** @returns removes the listener */
  on<Type extends keyof UploadEvents>(type: Type, listener: Listener<UploadEvents[Type]>): () => void
  snapshot(): UploadSnapshot
  /** Stops sending at once; what the store acknowledged is kept. No effect where the table of docs/engine.md has no `pause`. */
  pause(): void
  /** Goes on after {@link pause}. */
  resume(): void
  /**
   * Cancels for good: the store drops the parts, the journal is cleared, `result` rejects with an AbortedError. An upload that has
   * failed already can be cancelled too; its result stays what it was. Where complete had made an object of it already, it is done,
   * and `result` resolves.
   * @throws {PartwayError} where the store could not be told; its lifecycle rule removes the parts then
   */
  abort(): Promise<void>
}

/** `resumable`: the same upload begun again goes on where this one stopped; `failed`: for good. docs/engine.md has the table. */
export type UploadState = State

/** `waiting`: for the next try, after one that failed. */
export type PartState = 'pending' | 'sending' | 'waiting' | 'done'

export interface UploadSnapshot {
  readonly state: UploadState
  /** Of state `waiting`: for what, and what a person can do about it. */
  readonly waitingFor: Wait | undefined
  /** Of state `uploading`: other transfers of the client have all lanes, and this one waits for its turn. */
  readonly queued: boolean
  readonly fileName: string
  /** Once initiated. */
  readonly key: string | undefined
  /** Of the file, in bytes; of a stream what was read so far, until `sizeKnown`. */
  readonly size: number
  /** `false` for a stream whose end was not read yet: there is no `eta`, and `parts` and `size` grow. */
  readonly sizeKnown: boolean
  /** Acknowledged by the store, held by it from before, and in flight: what a bar shows. Falls when a part has to be sent again. */
  readonly bytesSent: number
  readonly bytesAcknowledged: number
  /** Of those sent, the bytes that were there before this run: also before they are read again here. Falls where they are found to be others. */
  readonly bytesResumed: number
  /** Bytes per second over the last seconds; `undefined` until there is something to measure. */
  readonly rate: number | undefined
  /** Seconds to go at that rate; `undefined` where that cannot be said. */
  readonly eta: number | undefined
  /** Part number 1 first; one for a file that travels in a single PUT; empty until planned. */
  readonly parts: readonly PartState[]
  readonly partsDone: number
  /** Tries that failed and were repeated. */
  readonly retries: number
  /** Of state `resumable`, `failed` or `aborted`. */
  readonly error: PartwayError | undefined
}

export interface UploadEvents {
  state: { readonly state: UploadState; readonly previous: UploadState }
  /** The plan is made, sizes in bytes. Of a stream in parts, `partCount` is how many are read so far. */
  initiated: { readonly key: string; readonly partSize: number; readonly partCount: number }
  /** The store holds parts of an earlier run: these are not sent again. */
  resumed: {
    readonly key: string
    readonly partSize: number
    readonly parts: number
    readonly bytes: number
  }
  /** The upload was gone from the store, and was not complete: everything is sent again under a new key. */
  restarted: { readonly reason: string }
  /** The journal of an earlier run cannot be read, and is kept aside: the upload is searched for instead. */
  'set-aside': { readonly reason: string }
  /** The object cannot be proved by its checksum, and why. Told once. */
  downgraded: { readonly reason: string }
  /** What is remembered could not be written: the upload goes on, but a kill would cost it its parts. */
  unrecorded: { readonly error: unknown }
  /** Bytes moved. As often as the platform says so: take a snapshot at a pace of your own. */
  progress: { readonly bytesSent: number; readonly size: number }
  part: { readonly partNumber: number; readonly state: PartState }
  /** A try failed and is repeated after `delay` milliseconds. `partNumber` is absent for calls of the API. */
  retry: { readonly partNumber?: number; readonly delay: number; readonly error: PartwayError }
}

export interface UploadResult {
  readonly key: string
  readonly size: number
  readonly etag: string | undefined
  /** Of the whole object, as the store has it. */
  readonly checksum: Checksum | undefined
  readonly versionId: string | undefined
  /** The object's URL, unsigned; `undefined` for a single PUT. */
  readonly location: string | undefined
  /** What was compared between what was read here and what the store holds. */
  readonly verified: 'checksum' | 'etag' | 'size'
  /** Why it was not the checksum. */
  readonly downgraded: string | undefined
  /** Bytes of the file that travelled in this run, those sent twice included. */
  readonly bytesTransferred: number
  readonly bytesResumed: number
  /** Milliseconds of this run. */
  readonly elapsed: number
}

export type Listener<Event> = (event: Event) => void

/** Typed listeners. One that throws is reported as an uncaught error and disturbs nobody. */
export class Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>()

  /** @returns removes the listener */
  on<Type extends keyof Events>(type: Type, listener: Listener<Events[Type]>): () => void {
    const listeners = this.#listeners.get(type) ?? new Set()
    this.#listeners.set(type, listeners.add(listener))
    return () => listeners.delete(listener)
  }

  emit<Type extends keyof Events>(type: Type, event: Events[Type]): void {
    for (const listener of (this.#listeners.get(type) ?? []) as Set<Listener<Events[Type]>>) {
      try {
        listener(event)
      } catch (error) {
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}
