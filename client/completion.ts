import { type PartPlan, plan } from '../protocol/part-plan.ts'
import type { Checksum } from '../protocol/schemas.ts'
import { completeUpload } from './complete.ts'
import { findObject } from './find.ts'
import type { Arrived, Job, Stored } from './job.ts'
import type { JournaledUpload } from './ports.ts'
import type { Proofs } from './proofs.ts'
import { verifyArrival } from './verify.ts'

/** Makes an object of the parts, and compares it with what was read. */
export class Completion {
  readonly #job: Job<unknown>
  readonly #upload: JournaledUpload
  readonly #proofs: Proofs
  /** By the clock: when an earlier run asked for it, whose call may be at work still. */
  #askedAt: number | undefined

  /** @param askedAt time of day */
  constructor(job: Job<unknown>, upload: JournaledUpload, proofs: Proofs, askedAt: string | undefined) {
    this.#job = job
    this.#upload = upload
    this.#proofs = proofs
    const ago = askedAt === undefined ? Number.NaN : job.timeOfDay() - Date.parse(askedAt)
    if (!Number.isNaN(ago)) this.#askedAt = job.clock.now() - Math.max(0, ago)
  }

  /** Every part is acknowledged. A kill from now on may leave an object behind, or a call that is about to make one. */
  async complete(signal: AbortSignal): Promise<Stored> {
    const { ledger, timeOfDay } = this.#job
    await ledger.append({ type: 'completing', at: new Date(timeOfDay()).toISOString() }, true)
    return this.settle(signal)
  }

  /** Asks whether it is done already. */
  async settle(signal: AbortSignal): Promise<Stored> {
    const { checksum } = this
    const parts = this.#proofs.etags
      ?.md5s(this.#plan)
      ?.map((etag, index) => ({ partNumber: index + 1, etag }))
    const request = { ...(checksum && { checksum }), ...(parts && { parts }) }
    const answer = await completeUpload(this.#job, this.#upload, request, this.#askedAt, signal)
    return this.#compare(answer)
  }

  async find(signal: AbortSignal): Promise<Stored | undefined> {
    const found = await findObject(this.#job.controlPlane, this.#upload, signal)
    return found && this.#compare(found)
  }

  get checksum(): Checksum | undefined {
    return this.#proofs.checksum()
  }

  get #plan(): PartPlan {
    return plan(this.#upload.size, this.#upload.partSize)
  }

  /** @throws {IntegrityError} where it is not what was read */
  async #compare(arrived: Arrived): Promise<Stored> {
    const { size } = this.#upload
    const verified = verifyArrival(arrived, { size, checksum: this.checksum }, 'in the store')
    if (verified === 'checksum') return { ...arrived, verified }
    const downgraded =
      this.#proofs.downgraded ?? 'Not every part’s checksum is known here, or the store did not tell its own.'
    const isProven = await this.#proofs.etags?.prove(arrived.etag, this.#plan)
    return { ...arrived, verified: isProven ? 'etag' : 'size', downgraded }
  }
}
