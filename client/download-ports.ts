import type { Crc, CrcAlgorithm } from '../checksums/crc.ts'
import type { PartPlan } from '../protocol/part-plan.ts'
import type { DownloadResponse } from '../protocol/schemas.ts'
import type { Md5, Shelf, Stretch } from './checkpoints.ts'
import type { ControlPlane } from './control-plane.ts'
import type { Begun, Wanted } from './download-journal.ts'
import type { LaneBudget } from './lanes.ts'
import type { Clock, Wakes } from './ports.ts'
import type { Recovery } from './recovery.ts'
import type { Timekeeping, Timing } from './timing.ts'

/** Where a download goes: what is not whole yet, with its journal, and the name that it will have. */
export interface DownloadTarget extends Shelf {
  /** Absolute; in browsers, the file's name; `-` for a stream. */
  readonly path: string
  /** Of a range at most, where what arrives early takes memory. @default whole parts, up to a size */
  readonly rangeBytes?: number | undefined
  /** `false` once bytes have gone to somebody. @default true */
  readonly canRestart?: boolean | undefined
  /**
   * Goes on with what is there, or says why that does not count.
   * @param parts whose MD5s will be asked for
   */
  begin(wanted: Wanted, parts: PartPlan | undefined): Promise<Begun>
  /** Forgets what is there. @param reason why */
  restart(wanted: Wanted, reason: string, parts: PartPlan | undefined): Promise<Begun>
  /** Resolves when the bytes of a range that ends there may be asked for. @default at once */
  room?(end: number, signal: AbortSignal): Promise<void>
  /** @returns of the bytes from `start` to before `end`, which are read */
  crc(algorithm: CrcAlgorithm, start: number, end: number, signal: AbortSignal): Promise<Uint8Array>
  /** @returns in hex, of the bytes from `start` to before `end` */
  md5(start: number, end: number, signal: AbortSignal): Promise<string>
  /** Gives it its name, or sees the last byte off. */
  finish(signal: AbortSignal): Promise<void>
  /** Leaves nothing behind. */
  drop(): Promise<void>
  /** What is there stays, and the next one may have it. */
  close(): Promise<void>
}

/** A range on its way. What has arrived is kept when a try fails: the next asks for the rest. */
export interface Receiving {
  /** Of the object's bytes, the one that is the target's first. */
  readonly origin: number
  /** Of the target's bytes: the offset after the last. */
  readonly end: number
  readonly etag: string
  readonly stretch: Stretch
  /** Bytes have arrived: so many since the last call. */
  onProgress(bytes: number): void
  /** The store encrypts the object so that its ETag is no MD5. */
  onOpaque(): void
  readonly pace: ((bytes: number, signal: AbortSignal) => Promise<void>) | undefined
}

export interface DownloadPorts {
  readonly api: ControlPlane
  /** Whether bytes only pass, so that what has arrived is of no use to the next one. @default false */
  readonly passing?: boolean | undefined
  /**
   * One GET of the rest of a range, pinned to the object's ETag.
   * @throws {ObjectChangedError} where the object is another by now
   * @throws {StoreError}
   * @throws {NetworkError}
   */
  receive(receiving: Receiving, url: string, keeping: Timekeeping, signal: AbortSignal): Promise<void>
  /** Takes the place for one download alone. @throws {BusyError} where another has it */
  claim(answer: DownloadResponse): Promise<DownloadTarget>
  createCrc(algorithm: CrcAlgorithm): Crc
  createMd5(): Md5
  /** Of all transfers of the client. @default as many as the concurrency, for this one alone */
  readonly lanes?: LaneBudget | undefined
  /** Where a bandwidth limit holds: resolves when that many bytes more may come. */
  readonly pace?: Receiving['pace']
  /** Of all transfers of the client. @default one for this download */
  readonly recovery?: Recovery | undefined
  readonly wakes?: Wakes | undefined
  readonly clock?: Clock | undefined
  readonly random?: (() => number) | undefined
  readonly timing?: Partial<Timing> | undefined
}
