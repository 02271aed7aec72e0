import type { CrcAlgorithm } from '../checksums/crc.ts'
import type {
  CompleteRequest,
  CompleteResponse,
  DescribeResponse,
  DownloadRequest,
  DownloadResponse,
  InitiateRequest,
  InitiateResponse,
  ListPartsResponse,
  ListUploadsResponse,
  PresignRequest,
  SignedParts,
  SingleUpload,
} from '../protocol/schemas.ts'

/** Who plans, signs and completes: the HTTP API (client/api.ts). Every call retries what is safe to repeat. */
export interface ControlPlane {
  /** Journals of uploads made through one endpoint are of no use at another. A fragment tells people apart. */
  readonly endpoint: string
  describe(signal: AbortSignal): Promise<DescribeResponse>
  initiate(request: InitiateRequest, signal: AbortSignal): Promise<InitiateResponse>
  /** @param checksums of these parts: signed into their URLs, so that the store refuses other bytes */
  presign(
    upload: UploadId,
    parts: PresignRequest['parts'],
    signal: AbortSignal,
    checksums?: PartChecksums,
  ): Promise<SignedParts>
  listParts(upload: UploadId, signal: AbortSignal): Promise<ListPartsResponse>
  /** One try, no retries: what an unanswered complete means is for the engine to settle. */
  complete(
    upload: UploadId,
    request: Omit<CompleteRequest, 'key'>,
    signal: AbortSignal,
  ): Promise<CompleteResponse>
  /** Harmless when repeated, and after completion. */
  abort(upload: UploadId, signal: AbortSignal): Promise<void>
  listUploads(page: UploadsQuery, signal: AbortSignal): Promise<UploadsPage>
  /** What can be downloaded, whatever sent it. */
  listObjects(page: ObjectsQuery, signal: AbortSignal): Promise<ObjectsPage>
  download(request: DownloadRequest, signal: AbortSignal): Promise<DownloadResponse>
  /**
   * The object that an upload has become although nobody heard of it. Absent where each upload has a key of its own, so that
   * whatever stands there is its object.
   */
  find?(upload: UploadId | SingleUpload, signal: AbortSignal): Promise<FoundObject | undefined>
  /** Absent where it never waits for anybody. */
  readonly waits?: Waits | undefined
}

export interface PartChecksums {
  readonly algorithm: CrcAlgorithm
  /** By part number, in base64. */
  readonly values: Readonly<Record<string, string>>
}

export type FoundObject = Pick<DownloadResponse, 'size' | 'etag' | 'checksum'>

export interface UploadsQuery {
  readonly limit?: number | undefined
  readonly cursor?: string | undefined
  readonly details?: boolean | undefined
  /** The file that is looked for, where one is: whoever keeps no plan in keys can tell only so what the plan is. */
  readonly like?: { readonly fileName: string; readonly size: number } | undefined
}

/** As list-uploads answers, but without the plan where nothing tells it. */
export interface UploadsPage {
  readonly uploads: readonly ListedUpload[]
  /** The `cursor` of the next page; absent on the last. */
  readonly next?: string | undefined
}

export interface ObjectsQuery {
  /** Of keys. @default the caller's own */
  readonly prefix?: string | undefined
  /** At most so many on a page, from 1 to 1000. @default 1000 */
  readonly limit?: number | undefined
  /** The `next` of the page before, of the same prefix. */
  readonly cursor?: string | undefined
}

/** In the order of keys. A page may be shorter than its limit, even empty, while there is a next one. */
export interface ObjectsPage {
  readonly objects: readonly ListedObject[]
  /** The `cursor` of the next page; absent on the last. */
  readonly next?: string | undefined
}

export interface ListedObject {
  readonly key: string
  /** The last segment of the key. */
  readonly fileName: string
  /** Bytes. */
  readonly size: number
  /** Time of day, in ISO 8601. */
  readonly modified: string
  /** Without quotes; absent where the list does not tell it. */
  readonly etag?: string | undefined
}

export type ListedUpload = Omit<PlannedUpload, 'size' | 'partSize'> & Partial<PlannedUpload>

type PlannedUpload = ListUploadsResponse['uploads'][number]

export interface UploadId {
  readonly key: string
  readonly uploadId: string
}

/** What the control plane waits for, that only somebody else can bring. */
export interface Waits {
  readonly current: Wait | undefined
  /** @returns removes the listener */
  subscribe(listener: () => void): () => void
}

export interface Wait {
  readonly for: 'network' | 'credentials' | 'user'
  /** For a person: what to do. */
  readonly message: string
}
