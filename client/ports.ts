import type { CrcAlgorithm } from '../checksums/crc.ts'
import type { UploadId } from './control-plane.ts'

/**
 * Everything in which one platform differs from another. The engine knows these shapes and no platform;
 * client/browser/index.ts and client/node/index.ts wire them. `Slice` is whatever the platform sends best:
 * a Blob in browsers, a range of an open file in Node.
 */

/** The file to be sent. Sizes and offsets in bytes. */
export interface Source<Slice> {
  /** The file's own name, or a relative path with its folders. */
  readonly name: string
  readonly size: number
  /** Whether that is all. @default true */
  readonly sizeKnown?: boolean | undefined
  readonly contentType?: string | undefined
  /** Which file this is, among all that a person may send: finds the journal of an unfinished upload again. */
  readonly id: string
  /** What it was when it was opened. Compared on resuming. */
  identify(signal: AbortSignal): Promise<Identity>
  /** The bytes from `start` to before `end`; reads nothing yet. */
  slice(start: number, end: number): Slice
  /** Reads that range and computes its CRC. */
  crc(algorithm: CrcAlgorithm, start: number, end: number, signal: AbortSignal): Promise<Uint8Array>
  /** Reads that range and computes its MD5, in hex: for stores whose only checksum of a part is its ETag. */
  md5(start: number, end: number, signal: AbortSignal): Promise<string>
  /**
   * @returns `touched` where only a time differs that a rename changes as well as an edit that hides itself: what was read before is
   * to be read again before it counts. Told once
   * @throws {SourceChangedError} where the file is no longer what it was when it was opened
   */
  verify(): Promise<'same' | 'touched'>
}

/** One PUT to a presigned URL. */
export interface PutRequest<Slice> {
  readonly url: string
  /** Signed, all of them: sent as they stand. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Slice
  /** The CRC wanted of the bytes as they are read. */
  readonly crc?: CrcAlgorithm | undefined
  /** Whether their MD5 is wanted: for stores whose only checksum of a part is its ETag. */
  readonly md5?: boolean | undefined
  readonly signal: AbortSignal
  /** Where a bandwidth limit holds: resolves when that many bytes more may be handed over. */
  pace?(bytes: number, signal: AbortSignal): Promise<void>
  /** @param bytes of the body handed over so far */
  onProgress(bytes: number): void
}

export interface PutResponse {
  readonly status: number
  /** Where it can be read (CORS): without quotes. */
  readonly etag?: string | undefined
  /** The store said that it encrypts by SSE-KMS: the ETag looks like an MD5, and is none. */
  readonly etagIsOpaque?: boolean | undefined
  /** Of the bytes as they were read for this request, where the transport computes it. */
  readonly crc?: Uint8Array | undefined
  /** In hex. */
  readonly md5?: string | undefined
  /** The source was looked at after it was read to the end, and is what it was. */
  readonly sourceIsSame?: boolean | undefined
  /** The store's time of day, where it can be read. */
  readonly date?: string | undefined
  /** The object's, as the store computed it: `x-amz-checksum-…`, in base64. */
  readonly checksum?: string | undefined
  /** Seconds, from `Retry-After`. */
  readonly retryAfter?: number | undefined
  /** Of an error; empty for 2xx. */
  readonly body: string
}

/** Sends bytes straight to the store. */
export interface PartTransport<Slice> {
  /** Whether `put` computes the CRC of what it sends. */
  readonly computesCrc: boolean
  /** What uploads that are begun here have for a checksum. One that goes on keeps its own. @default 'CRC64NVME' */
  readonly preferredAlgorithm?: CrcAlgorithm
  /**
   * @throws {NetworkError} where no answer came
   * @throws {SourceChangedError} where the source gave fewer bytes than its size promised
   * @throws the signal's reason once that is aborted
   */
  put(request: PutRequest<Slice>): Promise<PutResponse>
}

/** What is remembered of unfinished uploads across runs: one journal for each source at each endpoint. */
export interface JournalStore {
  /**
   * Takes the journal for one upload alone, whether there is one yet or not, until it is closed or the process is dead.
   * @returns `undefined` where another upload has it, of this process or of another
   */
  open(endpoint: string, sourceId: string): Promise<Journal | undefined>
  /**
   * The journal of an upload that has most likely nothing to remember, taken when there is something to write. Absent where that
   * brings nothing.
   * @returns `undefined` where there may be something in it
   */
  late?(endpoint: string, sourceId: string): Promise<Journal | undefined>
}

/** Lines that are only ever appended. Holds no URL and no credentials; the truth is what list-parts says. */
export interface Journal {
  /** What was there when it was opened, in order; a torn tail is dropped. */
  readonly entries: readonly JournalEntry[]
  /** Why what was there could not be read, where that was so: it is set aside, and `entries` is empty. */
  readonly setAside: string | undefined
  /** @param durable whether to resolve only when it is on the disk: for what list-parts could not tell again */
  append(entry: JournalEntry, durable: boolean): Promise<void>
  /** Forgets everything, on the disk too; what is appended next begins anew. */
  clear(): Promise<void>
  /** Gives it back. */
  close(): Promise<void>
}

export type JournalEntry =
  | ({ readonly type: 'upload' } & JournaledUpload)
  /** Acknowledged by the store; `crc` in base64, `md5` in hex, of what was read here. */
  | {
      readonly type: 'part'
      readonly partNumber: number
      readonly etag?: string | undefined
      readonly crc?: string | undefined
      readonly md5?: string | undefined
    }
  /** What is known of these parts does not count any more. */
  | { readonly type: 'lost'; readonly partNumbers: readonly number[] }
  /** Complete is about to be asked for, at that time of day: until 15 minutes later, an unknown upload may be a complete one. */
  | { readonly type: 'completing'; readonly at: string }
  | { readonly type: 'done' }
  | { readonly type: 'aborted' }

/** The first entry of every upload. */
export interface JournaledUpload extends UploadId {
  readonly endpoint: string
  readonly sourceId: string
  readonly identity: Identity
  readonly size: number
  readonly partSize: number
  readonly checksumAlgorithm: CrcAlgorithm | 'NONE'
  /** Time of day. */
  readonly initiated: string
}

/** What stays the same as long as a file does: compared on resuming, and named when it differs. */
export type Identity = Readonly<Record<string, string>>

/** What ends every waiting at once: the network is back, the page is looked at again, the machine has slept. */
export interface Wakes {
  /** `false` where the platform knows that there is no network. */
  readonly online: boolean
  /** @param listener also called when `online` changes. @returns removes it */
  subscribe(listener: () => void): () => void
}

/** The right to have a part under way. One budget for all files of a client; how many there are follows the goodput. */
export interface Lanes {
  /** How many there can ever be. */
  readonly max: number
  /** How many of them this transfer has. */
  readonly inUse: number
  /** Waits for one. First come, first served. */
  acquire(signal: AbortSignal): Promise<Lane>
}

export interface Lane {
  /** Bytes were handed over: `bytes` since the last call. */
  moved(bytes: number): void
  /** The store asked for less: SlowDown, 429, 5xx; or a connection stalled. */
  struggled(): void
  /** The connection broke, and all that had moved in this try has to move again. */
  lost(): void
  /** Before another try: waits as long as there are to be fewer lanes than there are. */
  again(signal: AbortSignal): Promise<void>
  /** What moved is there for good. */
  kept(): void
  /** Gives it back. */
  release(): void
}

/** Time, so that tests need not wait for it. */
export interface Clock {
  /** Milliseconds since some moment; never runs backwards; time that the machine slept counts. */
  now(): number
  /** Calls back once after that many milliseconds. @returns cancels it */
  after(milliseconds: number, callback: () => void): () => void
}
