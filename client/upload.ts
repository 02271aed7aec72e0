import type { ChecksumAlgorithm } from '../protocol/schemas.ts'
import type { ControlPlane, UploadId } from './control-plane.ts'
import { createJob, notLoaded } from './create-job.ts'
import type { Upload } from './events.ts'
import type { Holds } from './holds.ts'
import type { LaneBudget } from './lane-budget.ts'
import { type Carriage, LateCarrier } from './late-carrier.ts'
import type { Clock, JournalStore, PartTransport, PutRequest, Source, Wakes } from './ports.ts'
import type { Recovery } from './recovery.ts'
import { UploadRun } from './run.ts'
import type { Timing } from './timing.ts'

export interface UploadOptions {
  /** Parts of this file under way at once, at most. @default as many as the client has lanes, which follow the goodput */
  readonly concurrency?: number | undefined
  /** In bytes, whole MiB from 5 MiB to 5 GiB. An upload that goes on keeps its own. @default 8 MiB, more where 10,000 parts would not do */
  readonly partSize?: number | undefined
  /** @default the source's own */
  readonly contentType?: string | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /**
   * Which unfinished upload of this file to go on with: the one that is journaled here; or else the latest among the caller's of
   * its name and size, whose parts are read here before they count; or a certain one of these. @default 'journal'
   */
  readonly resume?: 'journal' | 'search' | UploadId | undefined
  /** Forgets and aborts an unfinished upload of this source, and begins anew. None is searched for, so it goes with `resume: 'journal'` alone. @default false */
  readonly restart?: boolean | undefined
  /**
   * `whole`: the store compares the object's checksum at the end, of what was read while it was sent. `signed`: each part's is
   * computed before it is sent and signed into its URL, so that the store refuses other bytes at once; the file is read twice.
   * @default 'whole'
   */
  readonly integrity?: 'whole' | 'signed' | undefined
  /**
   * What the object is proved by; `NONE`: by the ETags that the store makes of its parts, or by its size. An upload that goes on keeps its own.
   * @default CRC32 in Node, CRC64NVME in browsers
   */
  readonly checksum?: ChecksumAlgorithm | undefined
  /** Stops the upload; the parts are kept. */
  readonly signal?: AbortSignal | undefined
}

export type Extras = typeof import('./extras.ts')

/** What a platform wires. Clock, time of day, random and timing are for tests. */
export interface UploadPorts<Slice> {
  readonly controlPlane: ControlPlane
  readonly transport: PartTransport<Slice>
  readonly journals: JournalStore
  /** Shared by all transfers of a client. */
  readonly lanes: LaneBudget
  /** Loads what brings a source to the store. */
  readonly carriage: () => Promise<Carriage>
  /** Loads what few uploads need. */
  readonly extras: () => Promise<Extras>
  /** Where a bandwidth limit holds. */
  readonly pace?: PutRequest<Slice>['pace']
  /** Shared by all transfers of a client. @default one for this upload */
  readonly recovery?: Recovery
  /** Shared by all transfers of a client. @default some for this upload */
  readonly holds?: Holds
  /** @default none */
  readonly wakes?: Wakes
  readonly clock?: Clock
  /** Milliseconds since 1970. */
  readonly timeOfDay?: () => number
  readonly random?: () => number
  readonly timing?: Partial<Timing>
}

/**
 * Begins at once; goes on where an earlier upload of the same source stopped. Failures keep the parts.
 * @throws {RangeError} where the concurrency is not a whole number of at least 1, or no checksum is to be signed
 * @throws {TypeError} where it is to restart, and to resume what is searched for
 */
export function upload<Slice>(
  source: Source<Slice>,
  ports: UploadPorts<Slice>,
  options: UploadOptions = {},
): Upload {
  const { restart = false, resume = 'journal', partSize } = options
  if (restart && resume !== 'journal') {
    throw new TypeError('Expected an upload to resume, or to restart, got both. Leave one out.')
  }
  const load = () => ports.carriage().catch(notLoaded)
  const carrier = new LateCarrier<Slice>({ partSize, resume, restart }, load)
  return new UploadRun(createJob(source, ports, options), ports, options, carrier)
}
