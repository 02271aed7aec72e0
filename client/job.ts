import type { Checksum, ChecksumAlgorithm } from '../protocol/schemas.ts'
import type { Activities } from './activity.ts'
import type { UploadEvents } from './events.ts'
import type { Holds } from './holds.ts'
import type { Ledger } from './ledger.ts'
import type { PersistentPlane } from './persist.ts'
import type { Lanes, PartTransport, PutRequest, Source } from './ports.ts'
import type { Event } from './states.ts'
import type { StoreCallPorts } from './store-call.ts'
import type { Tracker } from './tracker.ts'
import type { Extras } from './upload.ts'

/** What the steps of one upload share. `contact`: with the store. */
export interface Job<Slice> extends StoreCallPorts {
  readonly source: Source<Slice>
  readonly controlPlane: PersistentPlane
  readonly transport: PartTransport<Slice>
  readonly ledger: Ledger
  readonly lanes: Lanes
  readonly holds: Holds
  /** @throws {NetworkError} where they could not be loaded */
  extras(): Promise<Extras>
  readonly pace: PutRequest<Slice>['pace']
  readonly integrity: 'whole' | 'signed'
  /** Of an upload that is initiated. */
  readonly checksum: ChecksumAlgorithm
  readonly contentType: string | undefined
  readonly metadata: Readonly<Record<string, string>> | undefined
  readonly tracker: Tracker
  readonly activities: Activities
  /** Milliseconds since 1970. */
  timeOfDay(): number
  emit<Type extends keyof UploadEvents>(type: Type, event: UploadEvents[Type]): void
  /** Where the upload is now. @param signal once it is aborted, as by a pause, whatever led here does not count any more: it is thrown */
  enter(event: Extract<Event, 'plan' | 'send' | 'complete'>, signal: AbortSignal): void
}

/** One of the two ways in which bytes become an object: a single PUT, or parts. */
export interface Transfer {
  readonly key: string
  /** In bytes; `undefined` for a single PUT. */
  readonly partSize: number | undefined
  /**
   * Sends what is not sent yet, and makes it an object. May be called again after a pause.
   * @throws {UploadGoneError} where only a new upload helps
   */
  send(signal: AbortSignal): Promise<Stored>
  /** Has the store drop the parts. */
  abort(signal: AbortSignal): Promise<void>
  /** The object, where it has become one although nobody heard of it. */
  find(signal: AbortSignal): Promise<Stored | undefined>
}

/** The object, as the store has it. */
export interface Arrived {
  readonly size: number
  readonly etag?: string | undefined
  readonly checksum?: Checksum | undefined
  readonly versionId?: string | undefined
  readonly location?: string | undefined
}

/** The same, compared with what was read. */
export interface Stored extends Arrived {
  readonly verified: 'checksum' | 'etag' | 'size'
  /** Why it was not the checksum. */
  readonly downgraded?: string | undefined
}
