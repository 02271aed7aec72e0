import type { Checksum } from '../protocol/schemas.ts'
import type { UploadEvents } from './events.ts'
import type { ControlPlane, PartTransport, RecordStore, Source } from './ports.ts'
import type { Contact } from './retry.ts'
import type { Event } from './states.ts'
import type { Timekeeping } from './timing.ts'
import type { Tracker } from './tracker.ts'

/** What the steps of one upload share. */
export interface Job<Slice> extends Timekeeping {
  readonly source: Source<Slice>
  readonly controlPlane: ControlPlane
  readonly transport: PartTransport<Slice>
  readonly records: RecordStore
  /** With the store. */
  readonly contact: Contact
  readonly concurrency: number
  readonly partSize: number | undefined
  readonly contentType: string | undefined
  readonly metadata: Readonly<Record<string, string>> | undefined
  readonly tracker: Tracker
  emit<Type extends keyof UploadEvents>(type: Type, event: UploadEvents[Type]): void
  /** Where the upload is now. @param signal once it is aborted, as by a pause, whatever led here does not count any more: it is thrown */
  enter(event: Extract<Event, 'plan' | 'send' | 'complete'>, signal: AbortSignal): void
}

/** One of the two ways in which bytes become an object: a single PUT, or parts. */
export interface Transfer {
  readonly key: string
  /**
   * Sends what is not sent yet, and makes it an object. May be called again after a pause.
   * @throws {UploadGoneError} where only a new upload helps
   */
  send(signal: AbortSignal): Promise<Stored>
  /** Writes down what the store acknowledged. */
  keep(): Promise<void>
  /** Forgets what was written down. */
  forget(): Promise<void>
  /** Has the store drop the parts. */
  abort(signal: AbortSignal): Promise<void>
  /** The object, where it has become one although nobody heard of it. */
  find(signal: AbortSignal): Promise<Stored | undefined>
}

/** The object, as the store has it. */
export interface Stored {
  readonly size: number
  readonly etag?: string | undefined
  readonly checksum?: Checksum | undefined
  readonly versionId?: string | undefined
  readonly location?: string | undefined
  readonly verified: 'checksum' | 'size'
}
