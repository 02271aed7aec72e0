import type { ListedObject, UploadId } from '../client/control-plane.ts'
import type { Connections } from '../client/node/http.ts'
import type { ObjectHeaders } from '../client/node/s3/object-headers.ts'
import type { Timekeeping } from '../client/timing.ts'
import type { PartPlan } from '../protocol/part-plan.ts'
import type {
  Checksum,
  CompleteRequest,
  CompleteResponse,
  InitiateRequest,
  ListPartsResponse,
  MultipartUpload,
  SignedPart,
  SingleUpload,
} from '../protocol/schemas.ts'

/**
 * The operations on unfinished uploads, one by one, in either place; in the shapes of the HTTP API. Straight to S3 the ids are S3's own, and
 * the plan is known to whoever began the upload alone.
 */
export interface Operations {
  readonly connections: Connections
  readonly keeping: Timekeeping
  initiate(request: Initiation, signal: AbortSignal): Promise<Initiated>
  /** What the key, or the id, tells of the plan. */
  planOf(upload: UploadId): PartPlan | undefined
  presign(upload: UploadId, parts: readonly PartSize[], signal: AbortSignal): Promise<Presigned>
  /** @returns `undefined` where there is no such upload */
  listParts(upload: UploadId, signal: AbortSignal): Promise<Listing | undefined>
  complete(upload: UploadId, request: Completion, signal: AbortSignal): Promise<CompleteResponse>
  /** Harmless when repeated. */
  abort(upload: UploadId, signal: AbortSignal): Promise<void>
  /** All unfinished uploads that concern the caller. @param prefix of keys */
  uploads(prefix: string, signal: AbortSignal): AsyncGenerator<BegunUpload>
  /** What the store holds of one. @returns `undefined` where it is gone meanwhile */
  held(upload: BegunUpload, signal: AbortSignal): Promise<Held | undefined>
  /** What is finished. @param prefix of keys */
  objects(prefix: string, signal: AbortSignal): AsyncGenerator<ListedObject>
  /** The time of day in the place. */
  now(): Date
  close(): void
}

export interface Initiation extends Omit<InitiateRequest, 'size'> {
  /** Absent where nobody knows it yet, straight to S3 alone. */
  readonly size?: number | undefined
  /** Straight to S3 alone. */
  readonly key?: string | undefined
  /** Straight to S3 alone. */
  readonly headers?: ObjectHeaders | undefined
}

export type Initiated = SingleUpload | Unplanned<Omit<MultipartUpload, 'signed'>>

/** Bytes, where they are known. */
export interface PartSize {
  readonly partNumber: number
  readonly size?: number | undefined
}

export interface Presigned {
  readonly parts: readonly (Omit<SignedPart, 'size'> & { readonly size?: number })[]
  readonly expiresAt: string
  readonly expiresIn: number
}

export type Listing = Unplanned<ListPartsResponse>

type Unplanned<Upload extends PartPlan> = Omit<Upload, keyof PartPlan> & Partial<PartPlan>

export interface Completion {
  readonly checksum?: Checksum | undefined
  readonly parts?: CompleteRequest['parts'] | undefined
  /** Whether an object that stands at the key may be replaced, straight to S3. @default true */
  readonly overwrite?: boolean | undefined
}

export interface BegunUpload extends UploadId {
  readonly fileName: string
  readonly initiated: string
  readonly size?: number | undefined
  readonly partSize?: number | undefined
}

export interface Held {
  readonly parts: number
  readonly bytes: number
  /** When a lifecycle rule aborts it: `null` for never, absent where the place does not tell. */
  readonly abortDate?: string | null
}
