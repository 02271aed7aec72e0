import type { Checksum, MultipartUpload } from '../protocol/schemas.ts'
import { completeUpload, isUploadUnknown } from './complete.ts'
import { ApiError, UploadGoneError } from './errors.ts'
import { findObject } from './find.ts'
import type { Job, Stored, Transfer } from './job.ts'
import { Parts } from './parts.ts'
import type { Identity, UploadId, UploadRecord } from './ports.ts'
import { verifyArrival } from './verify.ts'

/** How often complete may find parts missing or mismatched before that is no accident any more. */
const MAX_ROUNDS = 3

/** An upload in parts: all of them sent, then complete; as often as complete finds some missing. */
export class Multipart<Slice> implements Transfer {
  readonly #job: Job<Slice>
  readonly #upload: UploadId
  readonly #parts: Parts<Slice>
  /** What an earlier run left behind, until list-parts has been asked. */
  #remembered: UploadRecord['parts'] | undefined

  /** A new upload, as initiate answered. */
  static async begin<Slice>(
    job: Job<Slice>,
    answer: MultipartUpload,
    identity: Identity,
  ): Promise<Multipart<Slice>> {
    const { key, uploadId, size, partSize, checksumAlgorithm, signed } = answer
    const { endpoint } = job.controlPlane
    const { id: sourceId } = job.source
    const upload = { key, uploadId, size, partSize, checksumAlgorithm }
    const record: UploadRecord = { version: 1, endpoint, sourceId, identity, ...upload, parts: {} }
    const parts = new Parts(job, record, signed)
    job.emit('initiated', { key, partSize, partCount: parts.plan.partCount })
    await parts.keep()
    return new Multipart(job, record, parts)
  }

  /** An upload that an earlier run left unfinished. */
  static resume<Slice>(job: Job<Slice>, record: UploadRecord): Multipart<Slice> {
    return new Multipart(job, record, new Parts(job, record), record.parts)
  }

  private constructor(
    job: Job<Slice>,
    { key, uploadId }: UploadId,
    parts: Parts<Slice>,
    remembered?: UploadRecord['parts'],
  ) {
    this.#job = job
    this.#upload = { key, uploadId }
    this.#parts = parts
    this.#remembered = remembered
  }

  get key(): string {
    return this.#upload.key
  }

  keep(): Promise<void> {
    return this.#parts.keep()
  }

  forget(): Promise<void> {
    return this.#parts.forget()
  }

  abort(signal: AbortSignal): Promise<void> {
    return this.#job.controlPlane.abort(this.#upload, signal)
  }

  find(signal: AbortSignal): Promise<Stored | undefined> {
    return findObject(this.#job.controlPlane, this.#upload, this.#expected, signal)
  }

  async send(signal: AbortSignal): Promise<Stored> {
    try {
      if (this.#remembered) await this.#recall(this.#remembered, signal)
      for (let round = 1; ; round++) {
        this.#job.enter('send', signal)
        await this.#parts.sendPending(signal)
        await this.#job.source.verify()
        this.#job.enter('complete', signal)
        const outcome = await this.#complete(signal)
        if ('stored' in outcome) return outcome.stored
        const { lost, error } = outcome
        if (round === MAX_ROUNDS || lost.length === 0) throw error
        this.#job.emit('retry', { delay: 0, error })
        this.#parts.lose(lost)
      }
    } catch (error) {
      if (error instanceof ApiError && error.type === 'key-not-yours') {
        throw new UploadGoneError('The upload that was begun here is another caller’s.', { cause: error })
      }
      if (!isUploadUnknown(error)) throw error
      return this.#settle(error, signal)
    }
  }

  async #recall(remembered: UploadRecord['parts'], signal: AbortSignal): Promise<void> {
    const { controlPlane, emit, tracker } = this.#job
    const { parts: stored } = await controlPlane.listParts(this.#upload, signal)
    const held = this.#parts.recall(stored, remembered)
    this.#remembered = undefined
    emit('resumed', { key: this.key, partSize: this.#parts.plan.partSize, ...held })
    tracker.moved()
  }

  async #complete(signal: AbortSignal): Promise<{ stored: Stored } | { lost: number[]; error: ApiError }> {
    try {
      return { stored: await this.#completeOnce(signal) }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.type === 'parts-missing') return { lost: this.#missing(error), error }
      if (error.type === 'checksum-mismatch') return { lost: await this.#mismatched(signal), error }
      throw error
    }
  }

  async #completeOnce(signal: AbortSignal): Promise<Stored> {
    const expected = this.#expected
    const answer = await completeUpload(this.#job, this.#upload, expected.checksum, signal)
    return { ...answer, verified: verifyArrival(answer, expected, 'in the store') }
  }

  get #expected(): { size: number; checksum: Checksum | undefined } {
    return { size: this.#parts.plan.size, checksum: this.#parts.checksum() }
  }

  #missing({ body }: ApiError): number[] {
    const numbers = new Set([body?.missing, body?.mismatched].flat())
    return [...numbers].filter((partNumber) => typeof partNumber === 'number')
  }

  async #mismatched(signal: AbortSignal): Promise<number[]> {
    const { parts } = await this.#job.controlPlane.listParts(this.#upload, signal)
    return this.#parts.mismatched(parts)
  }

  /** The store does not know the upload. Complete says whether that is because it is done. */
  async #settle(reason: unknown, signal: AbortSignal): Promise<Stored> {
    this.#job.enter('complete', signal)
    try {
      return await this.#completeOnce(signal)
    } catch (error) {
      if (!isUploadUnknown(error)) throw error
      throw new UploadGoneError(
        'The store does not know this upload any more, and it is not complete: it was aborted, or swept for its age.',
        { cause: reason },
      )
    }
  }
}
