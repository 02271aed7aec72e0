import { toBase64 } from '../../checksums/base64.ts'
import { type CrcAlgorithm, createCrc } from '../../checksums/crc.ts'
import { fromHex, toHex } from '../../checksums/hex.ts'
import { createMd5 } from '../../checksums/md5.ts'
import type { ControlPlane, PartChecksums, UploadId } from '../../client/control-plane.ts'
import { ApiError, NetworkError, SourceChangedError } from '../../client/errors.ts'
import type { Clock, Identity, PartTransport, PutRequest, PutResponse, Source } from '../../client/ports.ts'
import { type PartPlan, partRange, plan } from '../../protocol/part-plan.ts'
import type { ProblemType } from '../../protocol/problem-types.ts'
import { problems } from '../../protocol/problems.ts'
import type { Checksum } from '../../protocol/schemas.ts'
import { packSignedParts } from '../../protocol/signed-parts.ts'

/**
 * What can happen to a request. `unreached`: no byte of it arrives. `lost`: it is done, but the answer does not arrive. `stall`: no byte moves any more; `silent`: none ever moves; `unanswered`: all of them do, and no answer comes. `corrupt`: the store
 * keeps other bytes than were sent. `gone`: the upload was aborted by somebody else.
 */
export const FAULTS = [
  'refuse',
  'busy',
  'unreached',
  'drop',
  'lost',
  'stall',
  'silent',
  'unanswered',
  'corrupt',
  'gone',
  'denied',
] as const
export type Fault = (typeof FAULTS)[number]

export interface Request {
  operation:
    | 'initiate'
    | 'presign'
    | 'list-parts'
    | 'list-uploads'
    | 'complete'
    | 'abort'
    | 'download'
    | 'put'
  partNumber?: number
  /** Of presign: the window, or the parts. */
  from?: number
  to?: number
  parts?: number[]
}

interface StoredUpload {
  key: string
  fileName: string
  initiated: string
  plan: PartPlan
  parts: Map<number, { bytes: Uint8Array; etag: string }>
}

/**
 * What the store knows of bytes: checksums; or none, and ETags that are MD5s; or none, and ETags that are something else, another for each
 * PUT; or none although it agreed to keep them.
 */
export type Keeps = 'checksums' | 'md5s' | 'nothing' | 'lies'

export interface FakeStoreOptions {
  clock: Clock
  partSize?: number
  /** Up to this size, one PUT. */
  singleUpTo?: number
  /** Of a URL, in seconds. */
  expiresIn?: number
  keeps?: Keeps
  /** Whether the answer to a part's PUT has its checksum. */
  tellsPartChecksums?: boolean
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
  readonly #etags = new Map<string, string>()
  readonly uploads = new Map<string, StoredUpload>()
  fault: (request: Request) => Fault | undefined
  /** From then on, URLs that were signed before are refused: the credentials behind them are dead. */
  revokedAt = Number.POSITIVE_INFINITY
  readonly #clock: Clock
  readonly #partSize: number
  readonly #singleUpTo: number
  readonly #expiresIn: number
  readonly #keeps: Keeps
  readonly #tellsPartChecksums: boolean
  #ids = 0
  #puts = 0

  constructor({ clock, partSize = 10, singleUpTo = -1, expiresIn = 3600, ...options }: FakeStoreOptions) {
    const { keeps = 'checksums', tellsPartChecksums = false, fault } = options
    this.#keeps = keeps
    this.#tellsPartChecksums = tellsPartChecksums
    this.#clock = clock
    this.#partSize = partSize
    this.#singleUpTo = singleUpTo
    this.#expiresIn = expiresIn
    this.fault = fault ?? (() => undefined)
  }

  count(operation: Request['operation']): number {
    return this.requests.filter((request) => request.operation === operation).length
  }

  /** As if somebody else had sent it. */
  replacePart(uploadId: string, partNumber: number, bytes: Uint8Array): void {
    this.uploads.get(uploadId)?.parts.set(partNumber, { bytes, etag: this.#etagOf(bytes) })
  }

  partsPut(): number[] {
    return this.requests.flatMap(({ partNumber }) => partNumber ?? [])
  }

  readonly controlPlane: ControlPlane = {
    endpoint: 'https://api.example',
    describe: () => Promise.reject(new Error('The engine does not ask.')),
    listObjects: () => Promise.reject(new Error('The engine does not ask.')),
    listUploads: ({ cursor = '0', limit = 20 }, signal) =>
      this.#call('list-uploads', signal, () => {
        const listed = [...this.uploads].map(([uploadId, { key, fileName, plan, initiated }]) => {
          return { key, uploadId, fileName, size: plan.size, partSize: plan.partSize, initiated }
        })
        const end = Number(cursor) + limit
        return {
          uploads: listed.slice(Number(cursor), end),
          ...(end < listed.length && { next: String(end) }),
        }
      }),
    initiate: ({ fileName, size, partSize = this.#partSize, checksum }, signal) =>
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
        const initiated = new Date(Date.UTC(2026, 10, 21) + this.#clock.now()).toISOString()
        const upload = { key, fileName, initiated, plan: plan(size, partSize), parts: new Map() }
        this.uploads.set(id, upload)
        return {
          kind: 'multipart',
          key,
          uploadId: id,
          ...upload.plan,
          checksumAlgorithm: this.#keeps === 'lies' ? ALGORITHM : this.#algorithm,
          signed: this.#sign(id, upload, 1, Math.min(1000, upload.plan.partCount)),
        }
      }),
    presign: ({ key, uploadId }, parts, signal, checksums) => {
      if (Array.isArray(parts)) return this.#seal({ key, uploadId }, parts, checksums, signal)
      return this.#call({ operation: 'presign', ...parts }, signal, () =>
        this.#sign(uploadId, { key }, parts.from, parts.to),
      )
    },
    listParts: ({ uploadId }, signal) =>
      this.#call('list-parts', signal, () => {
        const upload = this.#known(uploadId)
        return {
          key: upload.key,
          uploadId,
          ...upload.plan,
          checksumAlgorithm: this.#algorithm,
          parts: [...upload.parts].map(([partNumber, { bytes, etag }]) => ({
            partNumber,
            size: bytes.length,
            etag,
            ...(this.#keeps === 'checksums' && { checksum: { algorithm: ALGORITHM, value: crcOf(bytes) } }),
          })),
        }
      }),
    complete: ({ key, uploadId }, { checksum, parts: expected = [] }, signal) =>
      this.#call('complete', signal, () => {
        const done = this.objects.get(key)
        if (done && !this.uploads.has(uploadId)) return this.#completed(key, done)
        const { plan, parts } = this.#known(uploadId)
        const numbers = Array.from({ length: plan.partCount }, (_, index) => index + 1)
        const missing = numbers.filter((number) => !parts.has(number))
        if (checksum && this.#keeps !== 'checksums') throw problem('invalid-request')
        const etags = new Map(expected.map(({ partNumber, etag }) => [partNumber, etag]))
        const mismatched = numbers.filter((number) => {
          const part = parts.get(number)
          const etag = etags.get(number)
          return part && (part.bytes.length !== partRange(plan, number).size || (etag && etag !== part.etag))
        })
        if (missing.length + mismatched.length > 0) throw problem('parts-missing', { missing, mismatched })
        const whole = concat(numbers.map((number) => parts.get(number)?.bytes ?? new Uint8Array()))
        if (checksum && checksum.value !== crcOf(whole)) throw problem('checksum-mismatch')
        this.uploads.delete(uploadId)
        this.objects.set(key, whole)
        if (this.#keeps !== 'nothing')
          this.#etags.set(key, etagOfAll(numbers.map((number) => parts.get(number)?.etag)))
        return this.#completed(key, whole)
      }),
    abort: ({ uploadId }, signal) => this.#call('abort', signal, () => void this.uploads.delete(uploadId)),
    download: ({ key }, signal) =>
      this.#call('download', signal, () => {
        const object = this.objects.get(key)
        if (!object) throw problem('object-unknown')
        const { etag, checksum, size } = this.#completed(key, object)
        return {
          ...{ key, etag, size, url: 'fake:', fileName: 'file', contentType: 'text/plain' },
          ...(checksum && { checksum }),
          ...{ expiresAt: '2026-11-21T00:00:00Z', expiresIn: this.#expiresIn },
        }
      }),
  }

  /** @param computesCrc as in Node; a browser's does not */
  transport(computesCrc: boolean): PartTransport<Uint8Array> {
    return { computesCrc, put: (request) => this.#put(request, computesCrc) }
  }

  async #put(put: PutRequest<Uint8Array>, computesCrc: boolean): Promise<PutResponse> {
    const [key = '', id = '', what = '', expires] = put.url.split('|')
    const partNumber = what === 'single' ? 1 : Number(what)
    const request: Request = { operation: 'put', partNumber }
    this.requests.push(request)
    const fault = this.fault(request)
    const planned = this.uploads.get(id)?.plan
    if (planned && put.body.length < partRange(planned, partNumber).size) {
      throw new SourceChangedError('The source has become shorter.')
    }
    if (fault === 'unreached') {
      await this.#wait(PUT_MS, put.signal)
      throw new NetworkError('The connection was refused.')
    }
    if (fault !== 'silent') put.onProgress(Math.floor(put.body.length / 2))
    const stuck = fault === 'stall' || fault === 'silent'
    await this.#wait(stuck ? Number.POSITIVE_INFINITY : PUT_MS, put.signal)
    put.onProgress(put.body.length)
    if (fault === 'unanswered') await this.#wait(Number.POSITIVE_INFINITY, put.signal)
    if (fault === 'drop') throw new NetworkError('The connection was reset.')
    if (fault === 'busy') return { ...answer(503, 'SlowDown'), retryAfter: BUSY_SECONDS }
    if (fault === 'denied') return answer(403, 'AccessDenied')
    if (fault === 'gone') this.uploads.delete(id)
    if (fault === 'refuse' || this.#isDead(Number(expires))) return answer(403, 'AccessDenied')
    const bytes = fault === 'corrupt' ? put.body.map((byte) => byte ^ 1) : put.body.slice()
    if (what === 'single') {
      if (this.objects.has(key)) return answer(412, 'PreconditionFailed')
      if (this.#refuses(put, bytes)) return answer(400, 'BadDigest')
      this.objects.set(key, bytes)
    } else {
      const upload = this.uploads.get(id)
      if (!upload) return answer(404, 'NoSuchUpload')
      if (this.#refuses(put, bytes)) return answer(400, 'BadDigest')
      upload.parts.set(partNumber, { bytes, etag: this.#etagOf(bytes) })
    }
    if (fault === 'lost') throw new NetworkError('The connection was reset.')
    const etag = this.uploads.get(id)?.parts.get(partNumber)?.etag ?? this.#etagOf(bytes)
    const tells = this.#keeps === 'checksums' && (what === 'single' || this.#tellsPartChecksums)
    return {
      status: 200,
      etag,
      ...(computesCrc && {
        crc: put.crc && createCrc(put.crc).update(put.body).digest(),
        md5: put.md5 ? md5Of(put.body) : undefined,
      }),
      checksum: tells ? crcOf(bytes) : undefined,
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
    if (fault === 'drop' || fault === 'unreached') throw new NetworkError('No answer.')
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

  #refuses({ headers }: PutRequest<Uint8Array>, bytes: Uint8Array): boolean {
    const expected = headers['x-amz-checksum-crc64nvme']
    return this.#keeps === 'checksums' && expected !== undefined && expected !== crcOf(bytes)
  }

  get #algorithm(): CrcAlgorithm | 'NONE' {
    return this.#keeps === 'checksums' ? ALGORITHM : 'NONE'
  }

  #etagOf(bytes: Uint8Array): string {
    if (this.#keeps !== 'nothing') return md5Of(bytes)
    return (++this.#puts).toString(16).padStart(32, '0')
  }

  #seal(upload: UploadId, parts: number[], checksums: PartChecksums | undefined, signal: AbortSignal) {
    return this.#call({ operation: 'presign', parts }, signal, () => ({
      parts: parts.map((partNumber) => ({
        partNumber,
        size: partRange(this.#known(upload.uploadId).plan, partNumber).size,
        url: this.#url(upload.key, upload.uploadId, String(partNumber)),
        headers: { 'x-amz-checksum-crc64nvme': checksums?.values[partNumber] ?? '' },
      })),
      ...{ expiresAt: '2026-11-21T00:00:00Z', expiresIn: this.#expiresIn },
    }))
  }

  #sign(id: string, { key }: { key: string }, from: number, to: number) {
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
    const size = object.length
    const etag = this.#etags.get(key) ?? this.#etagOf(object)
    return {
      ...{ key, size, etag, location: `https://s3.example/${key}` },
      ...(this.#keeps === 'checksums' && { checksum }),
    }
  }
}

/** A file of so many bytes; `changed` makes it another one, `short` one that ends early. */
export class FakeSource implements Source<Uint8Array> {
  readonly name = 'file'
  readonly id: string
  readonly size: number
  readonly identity: Record<string, string>
  readonly bytes: Uint8Array
  changed = false
  /** Told once. */
  touched = false
  /** Bytes read for a checksum, rather than to be sent. */
  bytesChecked = 0

  constructor(size: number, { id = '/file', version = 1 } = {}) {
    this.id = id
    this.size = size
    this.identity = { size: String(size), version: String(version) }
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
    return this.identity
  }

  async verify(): Promise<'same' | 'touched'> {
    if (this.changed) throw new SourceChangedError('The file has changed.')
    const { touched } = this
    this.touched = false
    return touched ? 'touched' : 'same'
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

function etagOfAll(md5s: (string | undefined)[]): string {
  const all = concat(md5s.map((md5 = '') => fromHex(md5)))
  return `${md5Of(all)}-${md5s.length}`
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
