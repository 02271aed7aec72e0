import { type PartPlan, plan } from '../protocol/part-plan.ts'
import type { Checksum, InitiateResponse, SingleUpload } from '../protocol/schemas.ts'
import { NotPartwayError, type PartwayError, StoreError } from './errors.ts'
import { findObject } from './find.ts'
import type { Job, Stored, Transfer } from './job.ts'
import { putUntilStored } from './put.ts'
import { isRefusal } from './store-call.ts'
import { verifyArrival } from './verify.ts'

const PART_NUMBER = 1
/** How often a refused URL is replaced by initiating again. */
const MAX_REFUSALS = 3

/** A small file in one PUT, its checksum signed into the URL. There is nothing to resume, and nothing to abort. */
export class Single<Slice> implements Transfer {
  readonly #job: Job<Slice>
  readonly #plan: PartPlan
  readonly #checksum: Checksum | undefined
  readonly #initiate: (signal: AbortSignal) => Promise<InitiateResponse>
  #answer: SingleUpload

  /** @param initiate asks for another URL, under another key */
  constructor(
    job: Job<Slice>,
    answer: SingleUpload,
    checksum: Checksum | undefined,
    initiate: (signal: AbortSignal) => Promise<InitiateResponse>,
  ) {
    this.#job = job
    this.#plan = plan(job.source.size, Math.max(1, job.source.size))
    this.#checksum = checksum
    this.#initiate = initiate
    this.#answer = answer
    job.tracker.begin(this.#plan)
    this.#announce()
  }

  get key(): string {
    return this.#answer.key
  }

  async keep(): Promise<void> {}

  async forget(): Promise<void> {}

  async abort(): Promise<void> {}

  find(signal: AbortSignal): Promise<Stored | undefined> {
    return findObject(this.#job.controlPlane, this.#answer, this.#expected, signal)
  }

  async send(signal: AbortSignal): Promise<Stored> {
    const { tracker, source } = this.#job
    this.#job.enter('send', signal)
    tracker.startRate()
    try {
      const stored = await this.#put(signal)
      await source.verify()
      tracker.done(PART_NUMBER)
      return stored
    } catch (error) {
      tracker.lost(PART_NUMBER)
      throw error
    }
  }

  /** 412 says that an earlier try arrived, though its answer did not; and before a refused URL is replaced, it may have. */
  async #put(signal: AbortSignal): Promise<Stored> {
    for (let refusals = 1; ; refusals++) {
      try {
        return await this.#putOnce(signal)
      } catch (error) {
        const refused = isRefusal(error)
        if (!refused && !(error instanceof StoreError && error.status === 412)) throw error
        const stored = await this.find(signal)
        if (stored) return stored
        if (refusals === MAX_REFUSALS) throw error
        await this.#signAgain(signal)
      }
    }
  }

  async #putOnce(signal: AbortSignal): Promise<Stored> {
    const { source, tracker, emit } = this.#job
    const put = {
      body: source.slice(0, source.size),
      size: source.size,
      crc: this.#checksum?.algorithm,
      sign: async () => {
        tracker.sending(PART_NUMBER)
        return this.#answer
      },
      verify: () => source.verify(),
      onProgress: (bytes: number) => tracker.progress(PART_NUMBER, bytes),
      onRetry(delay: number, error: PartwayError) {
        tracker.waiting(PART_NUMBER)
        emit('retry', { partNumber: PART_NUMBER, delay, error })
      },
      advanced: () => tracker.partsDone,
    }
    const { etag, checksum: value } = await putUntilStored(put, this.#job, signal)
    const checksum = this.#checksum && value ? { algorithm: this.#checksum.algorithm, value } : undefined
    const stored = { size: source.size, etag, checksum }
    return { ...stored, verified: verifyArrival(stored, this.#expected, 'in the store') }
  }

  get #expected(): { size: number; checksum: Checksum | undefined } {
    return { size: this.#plan.size, checksum: this.#checksum }
  }

  async #signAgain(signal: AbortSignal): Promise<void> {
    const answer = await this.#initiate(signal)
    if (answer.kind !== 'single') {
      throw new NotPartwayError(
        `Expected another URL for a single PUT, got an upload of ${answer.partCount} parts.`,
      )
    }
    this.#answer = answer
    this.#announce()
  }

  #announce(): void {
    const { size, partCount } = this.#plan
    this.#job.emit('initiated', { key: this.key, partSize: size, partCount })
  }
}
