import { initiate } from './begin.ts'
import { type PartwayError, UploadGoneError } from './errors.ts'
import type { Job, Stored, Transfer } from './job.ts'
import type { Carrying } from './late-carrier.ts'
import { type OpenOptions, openUpload } from './open-upload.ts'
import type { Journal } from './ports.ts'

/** An upload that vanishes again and again is not an accident. */
const MAX_RESTARTS = 2

/** Carries a source to the store, whatever becomes of the upload that it began with. */
export class Carrier<Slice> implements Carrying<Slice> {
  transfer: Transfer | undefined
  readonly #options: OpenOptions
  /** The store does not know the transfer, and another is not there yet: a pause came in between. */
  #isGone = false

  constructor(options: OpenOptions) {
    this.#options = options
  }

  async carry(job: Job<Slice>, journal: Journal, signal: AbortSignal): Promise<Stored> {
    this.transfer ??= await openUpload(job, journal, this.#options, signal)
    if (this.#isGone) await this.#beginAnew(job, this.transfer, signal)
    for (let restarts = 0; ; restarts++) {
      try {
        return await this.transfer.send(signal)
      } catch (error) {
        if (!(error instanceof UploadGoneError) || restarts === MAX_RESTARTS) throw error
        job.enter('plan', signal)
        await job.ledger.clear()
        job.emit('restarted', { reason: error.message })
        this.#isGone = true
        await this.#beginAnew(job, this.transfer, signal)
      }
    }
  }

  /** By the same plan. */
  async #beginAnew(job: Job<Slice>, { partSize = this.#options.partSize }: Transfer, signal: AbortSignal) {
    this.transfer = await initiate(job, partSize, signal)
    this.#isGone = false
  }

  /** What it was begun with is there when it is begun again. */
  async failed(error: PartwayError): Promise<PartwayError> {
    return error
  }

  async foundComplete(): Promise<Stored | undefined> {
    const { signal } = new AbortController()
    await this.transfer?.abort(signal)
    return this.transfer?.find(signal)
  }
}
