import { toBase64 } from '../../checksums/base64.ts'
import { type CrcAlgorithm, createCrc } from '../../checksums/crc.ts'
import { toHex } from '../../checksums/hex.ts'
import { createMd5 } from '../../checksums/md5.ts'
import { ApiError, NetworkError, SourceChangedError } from '../../client/errors.ts'
import type {
  ControlPlane,
  Identity,
  PartTransport,
  PutRequest,
  PutResponse,
  RecordStore,
  Release,
  Source,
  UploadRecord,
} from '../../client/ports.ts'
import { type PartPlan, partRange, plan } from '../../protocol/part-plan.ts'
import { type ProblemType, problems } from '../../protocol/problems.ts'
import type { Checksum } from '../../protocol/schemas.ts'
import { packSignedParts } from '../../protocol/signed-parts.ts'
import type { VirtualClock } from './virtual-clock.ts'

/**
 * What can happen to a request. `lost`: it is done, but the answer does not arrive. `stall`: no byte moves any more; `silent`: none ever moves. `corrupt`: the store
 * keeps other bytes than were sent. `gone`: the upload was aborted by somebody else.
 */
export const FAULTS = [
  'refuse',
  'busy',
  'drop',
  'lost',
  'stall',
  'silent',
  'corrupt',
  'gone',
  'denied',
] as const
export type Fault = (typeof FAULTS)[number]

export interface Request {
  operation: 'initiate' | 'presign' | 'list-parts' | 'complete' | 'abort' | 'download' | 'put'
  partNumber?: number
  /** Of presign: the window. */
  from?: number
  to?: number
}

interface StoredUpload {
  key: string
  plan: PartPlan
  parts: Map<number, Uint8Array>
}

export interface FakeStoreOptions {
  clock: VirtualClock
  partSize?: number
  /** Up to this size, one PUT. */
  singleUpTo?: number
  /** Of a URL, in seconds. */
  expiresIn?: number
  fault?: (request: Request) => Fault | undefined
}

const ALGORITHM: CrcAlgorithm = 'CRC64NVME'
const PUT_MS = 100
/** What a busy store asks for. */
export const BUSY_SECONDS = 1

/** An API and an S3 in memory: what the engine talks to, with faults where a test wants them. */
export class FakeStore {
  readonly requests: Request[] = []
  readonly objects = new Map<string, Uint8Array>()
  readonly uploads = new Map<string, StoredUpload>()
  fault: (request: Request) => Fault | undefined
  /** From then on, URLs that were signed before are refused: the credentials behind them are dead. */
  revokedAt = Number.POSITIVE_INFINITY
  readonly #clock: VirtualClock
  readonly #partSize: number
  readonly #singleUpTo: number
  readonly #expiresIn: number
  #ids = 0

  constructor({ clock, partSize = 10, singleUpTo = -1, expiresIn = 3600, fault }: FakeStoreOptions) {
    this.#clock = clock
    this.#partSize = partSize
    this.#singleUpTo = singleUpTo
    this.#expiresIn = expiresIn
    this.fault = fault ?? (() => undefined)
  }

  count(operation: Request['operation']): number {
    return this.requests.filter((request) => request.operation === operation).length
  }

  partsPut(): number[] {
    return this.requests.flatMap(({ partNumber }) => partNumber ?? [])
  }

  readonly controlPlane: ControlPlane = {
    endpoint: 'https://api.example',
    describe: () => Promise.reject(new Error('The engine does not ask.')),
    listUploads: () => Promise.reject(new Error('The engine does not ask.')),
    initiate: ({ size, checksum }, signal) =>
      this.#call('initiate', signal, () => {
        const id = String(++this.#ids)
        const key = `uploads/public/${id}/file`
        if (size <= this.#singleUpTo) {
          const headers: Record<string, string> = checksum
            ? { 'x-amz-checksum-crc64nvme': checksum.value }
            : {}
          const url = this.#url(key, id, 'single')
          return { kind: 'single', key, method: 'PUT', url, headers, expiresAt: '2026-11-21T00:00:00Z' }
        }
        const upload = { key, plan: plan(size, this.#partSize), parts: new Map() }
        this.uploads.set(id, upload)
        return {
          kind: 'multipart',
          key,
          uploadId: id,
          ...upload.plan,
          checksumAlgorithm: ALGORITHM,
          signed: this.#sign(id, upload, 1, Math.min(1000, upload.plan.partCount)),
        }
      }),
    presign: ({ key, uploadId }, parts, signal) => {
      if (Array.isArray(parts)) throw new Error('The engine asks for windows.')
      return this.#call({ operation: 'presign', ...parts }, signal, () => {
        const upload = this.uploads.get(uploadId) ?? { key, plan: plan(0, 1), parts: new Map() }
        return this.#sign(uploadId, upload, parts.from, parts.to)
      })
    },
    listParts: ({ uploadId }, signal) =>
      this.#call('list-parts', signal, () => {
        const upload = this.#known(uploadId)
        return {
          key: upload.key,
          uploadId,
          ...upload.plan,
          checksumAlgorithm: ALGORITHM,
          parts: [...upload.parts].map(([partNumber, bytes]) => ({
            partNumber,
            size: bytes.length,
            etag: etagOf(bytes),
            checksum: { algorithm: ALGORITHM, value: crcOf(bytes) },
          })),
        }
      }),
    complete: ({ key, uploadId }, { checksum }, signal) =>
      this.#call('complete', signal, () => {
        const done = this.objects.get(key)
        if (done && !this.uploads.has(uploadId)) return this.#completed(key, done)
        const { plan, parts } = this.#known(uploadId)
        const numbers = Array.from({ length: plan.partCount }, (_, index) => index + 1)
        const missing = numbers.filter((number) => !parts.has(number))
        const mismatched = numbers.filter(
          (number) => !missing.includes(number) && parts.get(number)?.length !== partRange(plan, number).size,
        )
        if (missing.length + mismatched.length > 0) throw problem('parts-missing', { missing, mismatched })
        const whole = concat(numbers.map((number) => parts.get(number) ?? new Uint8Array()))
        if (checksum && checksum.value !== crcOf(whole)) throw problem('checksum-mismatch')
        this.uploads.delete(uploadId)
        this.objects.set(key, whole)
        return this.#completed(key, whole)
      }),
    abort: ({ uploadId }, signal) => this.#call('abort', signal, () => void this.uploads.delete(uploadId)),
    download: ({ key }, signal) =>
      this.#call('download', signal, () => {
        const object = this.objects.get(key)
        if (!object) throw problem('object-unknown')
        const { etag, checksum, size } = this.#completed(key, object)
        return {
          ...{ key, etag, size, checksum, url: 'fake:', fileName: 'file', contentType: 'text/plain' },
          ...{ expiresAt: '2026-11-21T00:00:00Z', expiresIn: this.#expiresIn },
        }
      }),
  }

  /** @param computesCrc as in Node; a browser's does not */
  transport(computesCrc: boolean): PartTransport<Uint8Array> {
    return { computesCrc, put: (request) => this.#put(request) }
  }

  async #put(put: PutRequest<Uint8Array>): Promise<PutResponse> {
    const [key = '', id = '', what = '', expires] = put.url.split('|')
    const partNumber = what === 'single' ? 1 : Number(what)
    const request: Request = { operation: 'put', partNumber }
    this.requests.push(request)
    const fault = this.fault(request)
    const planned = this.uploads.get(id)?.plan
    if (planned && put.body.length < partRange(planned, partNumber).size) {
      throw new SourceChangedError('The source has become shorter.')
    }
    if (fault !== 'silent') put.onProgress(Math.floor(put.body.length / 2))
    const stuck = fault === 'stall' || fault === 'silent'
    await this.#wait(stuck ? Number.POSITIVE_INFINITY : PUT_MS, put.signal)
    put.onProgress(put.body.length)
    if (fault === 'drop') throw new NetworkError('The connection was reset.')
    if (fault === 'busy') return { ...answer(503, 'SlowDown'), retryAfter: BUSY_SECONDS }
    if (fault === 'denied') return answer(403, 'AccessDenied')
    if (fault === 'gone') this.uploads.delete(id)
    if (fault === 'refuse' || this.#isDead(Number(expires))) return answer(403, 'AccessDenied')
    const bytes = fault === 'corrupt' ? put.body.map((byte) => byte ^ 1) : put.body.slice()
    if (what === 'single') {
      if (this.objects.has(key)) return answer(412, 'PreconditionFailed')
      const expected = put.headers['x-amz-checksum-crc64nvme']
      if (expected && expected !== crcOf(bytes)) return answer(400, 'BadDigest')
      this.objects.set(key, bytes)
    } else {
      const upload = this.uploads.get(id)
      if (!upload) return answer(404, 'NoSuchUpload')
      upload.parts.set(partNumber, bytes)
    }
    if (fault === 'lost') throw new NetworkError('The connection was reset.')
    return {
      status: 200,
      etag: etagOf(bytes),
      crc: put.crc && createCrc(put.crc).update(put.body).digest(),
      checksum: crcOf(bytes),
      body: '',
    }
  }

  async #call<Answer>(
    what: Request | Request['operation'],
    signal: AbortSignal,
    respond: () => Answer,
  ): Promise<Answer> {
    const request: Request = typeof what === 'string' ? { operation: what } : what
    this.requests.push(request)
    const fault = this.fault(request)
    await this.#wait(10, signal)
    if (fault === 'drop') throw new NetworkError('No answer.')
    if (fault === 'busy') throw new ApiError('Service Unavailable', 503)
    const response = respond()
    if (fault === 'lost') throw new NetworkError('No answer.')
    return response
  }

  #wait(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const cancel = Number.isFinite(milliseconds) ? this.#clock.after(milliseconds, resolve) : () => {}
      signal.addEventListener('abort', () => {
        cancel()
        reject(signal.reason)
      })
    })
  }

  #sign(id: string, { key }: StoredUpload, from: number, to: number) {
    return packSignedParts(
      {
        from,
        to,
        urlTemplate: `${this.#url(key, id, '{partNumber}')}|{signature}`,
        signatures: new Uint8Array((to - from + 1) * 32),
        headers: {},
      },
      { expiresAt: '2026-11-21T00:00:00Z', expiresIn: this.#expiresIn },
    )
  }

  #url(key: string, id: string, what: string): string {
    return [key, id, what, this.#clock.now() + this.#expiresIn * 1000].join('|')
  }

  #isDead(expires: number): boolean {
    const now = this.#clock.now()
    const signedAt = expires - this.#expiresIn * 1000
    return now > expires || (now >= this.revokedAt && signedAt < this.revokedAt)
  }

  #known(uploadId: string): StoredUpload {
    const upload = this.uploads.get(uploadId)
    if (!upload) throw problem('upload-unknown')
    return upload
  }

  #completed(key: string, object: Uint8Array) {
    const checksum: Checksum = { algorithm: 'CRC64NVME', value: crcOf(object) }
    return { key, size: object.length, etag: etagOf(object), checksum, location: `https://s3.example/${key}` }
  }
}

/** A file of so many bytes; `changed` makes it another one, `short` one that ends early. */
export class FakeSource implements Source<Uint8Array> {
  readonly name = 'file'
  readonly id: string
  readonly size: number
  readonly #identity: Record<string, string>
  readonly bytes: Uint8Array
  changed = false
  /** Told once. */
  touched = false
  /** Bytes read for a checksum, rather than to be sent. */
  bytesChecked = 0

  constructor(size: number, { id = '/file', version = 1 } = {}) {
    this.id = id
    this.size = size
    this.#identity = { size: String(size), version: String(version) }
    this.bytes = Uint8Array.from({ length: size }, (_, at) => (at * 31 + version) % 251)
  }

  slice(start: number, end: number): Uint8Array {
    return this.bytes.subarray(start, end)
  }

  async crc(algorithm: CrcAlgorithm, start: number, end: number): Promise<Uint8Array> {
    this.bytesChecked += end - start
    return createCrc(algorithm).update(this.slice(start, end)).digest()
  }

  async md5(start: number, end: number): Promise<string> {
    this.bytesChecked += end - start
    return md5Of(this.slice(start, end))
  }

  async identify(): Promise<Identity> {
    return this.#identity
  }

  async verify(): Promise<'same' | 'touched'> {
    if (this.changed) throw new SourceChangedError('The file has changed.')
    const { touched } = this
    this.touched = false
    return touched ? 'touched' : 'same'
  }
}

/** Records as a file system or a browser keeps them: through JSON. */
export class FakeRecords implements RecordStore {
  readonly texts = new Map<string, string>()
  readonly #claimed = new Set<string>()

  async claim(endpoint: string, sourceId: string): Promise<Release | undefined> {
    const name = `${endpoint} ${sourceId}`
    if (this.#claimed.has(name)) return undefined
    this.#claimed.add(name)
    return async () => void this.#claimed.delete(name)
  }

  async load(endpoint: string, sourceId: string): Promise<UploadRecord | undefined> {
    const text = this.texts.get(`${endpoint} ${sourceId}`)
    return text === undefined ? undefined : JSON.parse(text)
  }

  async save(record: UploadRecord): Promise<void> {
    this.texts.set(`${record.endpoint} ${record.sourceId}`, JSON.stringify(record))
  }

  async remove(endpoint: string, sourceId: string): Promise<void> {
    this.texts.delete(`${endpoint} ${sourceId}`)
  }
}

export function problem(type: ProblemType, members: Record<string, unknown> = {}): ApiError {
  const { status, title } = problems[type]
  return new ApiError(title, status, { type: `urn:partway:problem:${type}`, title, status, ...members })
}

function answer(status: number, code: string): PutResponse {
  return { status, body: `<Error><Code>${code}</Code><Message>No.</Message></Error>` }
}

function crcOf(bytes: Uint8Array): string {
  return toBase64(createCrc(ALGORITHM).update(bytes).digest())
}

function md5Of(bytes: Uint8Array): string {
  return toHex(createMd5().update(bytes).digest())
}

function etagOf(bytes: Uint8Array): string {
  return `etag-${crcOf(bytes)}`
}

function concat(pieces: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
