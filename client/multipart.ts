import { toBase64 } from '../checksums/base64.ts'
import type { CrcAlgorithm } from '../checksums/crc.ts'
import { type PartPlan, partRange, plan } from '../protocol/part-plan.ts'
import type { MultipartUpload, SignedParts, StoredPart } from '../protocol/schemas.ts'
import { completeUpload } from './complete.ts'
import { ApiError, type PartwayError, StoreError, UploadGoneError } from './errors.ts'
import type { Job, Stored, Transfer } from './job.ts'
import type { UploadId, UploadRecord } from './ports.ts'
import { putUntilStored } from './put.ts'
import { RecordKeeper } from './records.ts'
import { weighParts } from './resume.ts'
import { SignedUrls } from './signed-urls.ts'
import { verifyArrival } from './verify.ts'
import { wholeCrc } from './whole-crc.ts'
import { runWorkers } from './workers.ts'

/** How often complete may find parts missing or mismatched before that is no accident any more. */
const MAX_ROUNDS = 3

/** An upload in parts: N workers on one iterator of part numbers, then complete. */
export class Multipart<Slice> implements Transfer {
  readonly #job: Job<Slice>
  readonly #upload: UploadId
  readonly #plan: PartPlan
  /** `undefined` where nothing computes it. */
  readonly #crc: CrcAlgorithm | undefined
  readonly #urls: SignedUrls
  readonly #keeper: RecordKeeper
  readonly #crcs = new Map<number, Uint8Array>()
  /** What an earlier run left behind, until list-parts has been asked. */
  #remembered: UploadRecord['parts'] | undefined
  /** Held by the store, and to be read here before they count. */
  #unremembered: ReadonlyMap<number, StoredPart> = new Map()

  /** A new upload, as initiate answered. */
  static async begin<Slice>(job: Job<Slice>, answer: MultipartUpload): Promise<Multipart<Slice>> {
    const { key, uploadId, size, partSize, checksumAlgorithm, signed } = answer
    const { endpoint } = job.controlPlane
    const { id: sourceId, identity } = job.source
    const record: UploadRecord = {
      version: 1,
      endpoint,
      sourceId,
      identity,
      key,
      uploadId,
      size,
      partSize,
      checksumAlgorithm,
      parts: {},
    }
    const multipart = new Multipart(job, record, signed)
    await multipart.keep()
    return multipart
  }

  /** An upload that an earlier run left unfinished. */
  static resume<Slice>(job: Job<Slice>, record: UploadRecord): Multipart<Slice> {
    return new Multipart(job, record)
  }

  private constructor(job: Job<Slice>, record: UploadRecord, signed?: SignedParts) {
    const { key, uploadId, size, partSize, checksumAlgorithm } = record
    this.#job = job
    this.#upload = { key, uploadId }
    this.#plan = plan(size, partSize)
    this.#crc = job.transport.computesCrc && checksumAlgorithm !== 'NONE' ? checksumAlgorithm : undefined
    const presign = (from: number, to: number, signal: AbortSignal) =>
      job.controlPlane.presign(this.#upload, { from, to }, signal)
    this.#urls = new SignedUrls(this.#plan, presign, job.clock)
    if (signed) this.#urls.add(signed)
    else this.#remembered = record.parts
    this.#keeper = new RecordKeeper(job.records, job.clock, record, (error) =>
      job.emit('unrecorded', { error }),
    )
    job.tracker.begin(this.#plan)
    if (signed) job.emit('initiated', { key, partSize, partCount: this.#plan.partCount })
  }

  get key(): string {
    return this.#upload.key
  }

  keep(): Promise<void> {
    return this.#keeper.save()
  }

  forget(): Promise<void> {
    return this.#keeper.remove()
  }

  abort(signal: AbortSignal): Promise<void> {
    return this.#job.controlPlane.abort(this.#upload, signal)
  }

  async send(signal: AbortSignal): Promise<Stored> {
    try {
      if (this.#remembered) await this.#recall(this.#remembered, signal)
      for (let round = 1; ; round++) {
        this.#job.setState('uploading')
        await this.#sendPending(signal)
        await this.#job.source.verify()
        await this.keep()
        this.#job.setState('completing')
        const outcome = await this.#complete(signal)
        if ('stored' in outcome) return outcome.stored
        if (round === MAX_ROUNDS || outcome.lost.length === 0) throw outcome.error
        this.#job.emit('retry', { delay: 0, error: outcome.error })
        for (const partNumber of outcome.lost) this.#lose(partNumber)
      }
    } catch (error) {
      if (!isUploadUnknown(error)) throw error
      return this.#settle(error, signal)
    }
  }

  /** Counts what the store holds already. */
  async #recall(remembered: UploadRecord['parts'], signal: AbortSignal): Promise<void> {
    const { tracker, controlPlane, emit } = this.#job
    const { parts } = await controlPlane.listParts(this.#upload, signal)
    const { counted, unremembered } = weighParts(this.#plan, parts, remembered)
    this.#remembered = undefined
    for (const [partNumber, { crc }] of counted) {
      if (crc) this.#crcs.set(partNumber, crc)
      tracker.done(partNumber, { resumed: true })
    }
    if (this.#crc) this.#unremembered = unremembered
    else for (const partNumber of unremembered.keys()) tracker.done(partNumber, { resumed: true })

    const held = [...counted.keys(), ...unremembered.keys()]
    const bytes = held.reduce((sum, partNumber) => sum + partRange(this.#plan, partNumber).size, 0)
    emit('resumed', { key: this.key, partSize: this.#plan.partSize, parts: held.length, bytes })
  }

  async #sendPending(signal: AbortSignal): Promise<void> {
    const { tracker, concurrency } = this.#job
    const pending = [...tracker.pending()]
    const unsent = pending.filter((partNumber) => !this.#unremembered.has(partNumber))
    const unchecked = pending.filter((partNumber) => this.#unremembered.has(partNumber))
    tracker.startRate()
    const work = (partNumber: number, signal: AbortSignal) => this.#settlePart(partNumber, signal)
    await runWorkers([...unsent, ...unchecked], concurrency, work, signal)
  }

  async #settlePart(partNumber: number, signal: AbortSignal): Promise<void> {
    const stored = this.#unremembered.get(partNumber)
    if (stored && this.#crc && (await this.#isWhatWeRead(stored, this.#crc, signal))) {
      this.#job.tracker.done(partNumber, { resumed: true })
    } else await this.#sendPart(partNumber, signal)
  }

  /** Reads a part that the store holds, rather than sending it again. */
  async #isWhatWeRead(stored: StoredPart, algorithm: CrcAlgorithm, signal: AbortSignal): Promise<boolean> {
    const { partNumber, etag, checksum } = stored
    const { start, end } = partRange(this.#plan, partNumber)
    const crc = await this.#job.source.crc(algorithm, start, end, signal)
    if (checksum !== undefined && checksum !== toBase64(crc)) return false
    this.#crcs.set(partNumber, crc)
    this.#keeper.acknowledge(partNumber, etag, crc)
    return true
  }

  async #sendPart(partNumber: number, signal: AbortSignal): Promise<void> {
    const { source, tracker, emit } = this.#job
    const { start, end, size } = partRange(this.#plan, partNumber)
    const put = {
      body: source.slice(start, end),
      size,
      crc: this.#crc,
      sign: async (signal: AbortSignal) => {
        tracker.sending(partNumber)
        return this.#urls.get(partNumber, signal)
      },
      refused: (signed: Parameters<SignedUrls['refuse']>[0]) => this.#urls.refuse(signed),
      verify: () => source.verify(),
      onProgress: (bytes: number) => tracker.progress(partNumber, bytes),
      onRetry(delay: number, error: PartwayError) {
        tracker.waiting(partNumber)
        emit('retry', { partNumber, delay, error })
      },
      advanced: () => tracker.partsDone,
    }
    try {
      const { etag, crc } = await putUntilStored(put, this.#job, signal)
      if (crc) this.#crcs.set(partNumber, crc)
      this.#keeper.acknowledge(partNumber, etag, crc)
      this.#urls.forget(partNumber)
      tracker.done(partNumber)
    } catch (error) {
      tracker.lost(partNumber)
      throw error
    }
  }

  async #complete(signal: AbortSignal): Promise<{ stored: Stored } | { lost: number[]; error: ApiError }> {
    try {
      return { stored: await this.#completeOnce(signal) }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.type === 'parts-missing') return { lost: this.#missingParts(error), error }
      if (error.type === 'checksum-mismatch') return { lost: await this.#mismatchedParts(signal), error }
      throw error
    }
  }

  async #completeOnce(signal: AbortSignal): Promise<Stored> {
    const checksum = this.#crc && wholeCrc(this.#crc, this.#plan, this.#crcs)
    const answer = await completeUpload(this.#job, this.#upload, checksum, signal)
    const expected = { size: this.#plan.size, checksum }
    return { ...answer, verified: verifyArrival(answer, expected, 'in the store') }
  }

  #missingParts({ body }: ApiError): number[] {
    const numbers = [body?.missing, body?.mismatched].flat()
    return [...new Set(numbers)].filter(
      (partNumber) => typeof partNumber === 'number' && this.#job.tracker.isDone(partNumber),
    ) as number[]
  }

  /** The parts that the store holds with another CRC than what was read here. */
  async #mismatchedParts(signal: AbortSignal): Promise<number[]> {
    const { parts } = await this.#job.controlPlane.listParts(this.#upload, signal)
    return parts.flatMap(({ partNumber, checksum }) => {
      const crc = this.#crcs.get(partNumber)
      return crc && checksum && toBase64(crc) !== checksum ? [partNumber] : []
    })
  }

  #lose(partNumber: number): void {
    this.#crcs.delete(partNumber)
    this.#keeper.forget(partNumber)
    this.#job.tracker.lost(partNumber)
  }

  /** The store does not know the upload. Complete says whether that is because it is done. */
  async #settle(reason: unknown, signal: AbortSignal): Promise<Stored> {
    this.#job.setState('completing')
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

function isUploadUnknown(error: unknown): error is PartwayError {
  if (error instanceof ApiError) return error.type === 'upload-unknown'
  return error instanceof StoreError && error.status === 404
}
