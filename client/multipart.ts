import { isUploadUnknown } from './complete.ts'
import { Completion } from './completion.ts'
import { ApiError, type PartwayError, UploadGoneError } from './errors.ts'
import type { Job, Stored, Transfer } from './job.ts'
import type { Replayed } from './journal.ts'
import { Parts } from './parts.ts'
import type { JournaledUpload } from './ports.ts'

/** How often complete may find parts missing or other than they were sent before that is no accident any more. */
const MAX_ROUNDS = 3

/** What an earlier run left behind. */
export interface Past extends Omit<Replayed, 'ended'> {
  /** The source was touched since: what was read then does not count before it is read again. */
  readonly touched: boolean
}

/** Complete found that not all is as it should be: these parts are to be sent again, or it is to be asked in another way. */
interface Objection {
  readonly again: readonly number[]
  readonly error: PartwayError
}

/** An upload in parts: all of them sent, then complete; as often as complete finds some missing. */
export class Multipart<Slice> implements Transfer {
  readonly parts: Parts<Slice>
  readonly #job: Job<Slice>
  readonly #upload: JournaledUpload
  readonly #completion: Completion
  /** Until list-parts has been asked. */
  #past: Past | undefined

  /** @param past absent for an upload that was initiated just now */
  constructor(job: Job<Slice>, upload: JournaledUpload, past?: Past) {
    this.#job = job
    this.#upload = upload
    this.#past = past
    this.parts = new Parts(job, upload, past?.parts)
    this.#completion = new Completion(job, upload, this.parts.proofs, past?.completingAt)
  }

  get key(): string {
    return this.#upload.key
  }

  get partSize(): number {
    return this.#upload.partSize
  }

  abort(signal: AbortSignal): Promise<void> {
    return this.#job.controlPlane.abort(this.#upload, signal)
  }

  find(signal: AbortSignal): Promise<Stored | undefined> {
    return this.#completion.find(signal)
  }

  async send(signal: AbortSignal): Promise<Stored> {
    try {
      await this.#recall(signal)
      for (let round = 1; ; round++) {
        this.#job.enter('send', signal)
        await this.parts.sendPending(signal)
        this.#job.enter('complete', signal)
        const outcome = await this.#complete(signal)
        if ('verified' in outcome) return outcome
        const { again, error } = outcome
        if (round === MAX_ROUNDS) throw error
        this.#job.emit('retry', { delay: 0, error })
        this.parts.lose(again)
      }
    } catch (error) {
      if (error instanceof ApiError && error.type === 'key-not-yours') {
        throw new UploadGoneError('The upload that was begun here is another caller’s.', { cause: error })
      }
      if (!isUploadUnknown(error)) throw error
      return this.#settle(error, signal)
    }
  }

  /** The journal ∩ what the store lists. */
  async #recall(signal: AbortSignal): Promise<void> {
    if (!this.#past) return
    const { controlPlane, emit, tracker } = this.#job
    const [listing] = await Promise.all([
      controlPlane.listParts(this.#upload, signal),
      this.parts.signFirst(signal),
    ])
    const held = await this.parts.recall(listing, this.#past.touched)
    this.#past = undefined
    emit('resumed', { key: this.key, partSize: this.partSize, ...held })
    tracker.moved()
  }

  async #complete(signal: AbortSignal): Promise<Stored | Objection> {
    try {
      return await this.#completion.complete(signal)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      const again = await this.#objectionsOf(error, signal)
      if (!again) throw error
      return { again, error }
    }
  }

  /** @returns which parts are to be sent again; `undefined` where that would not help */
  async #objectionsOf(error: ApiError, signal: AbortSignal): Promise<number[] | undefined> {
    const { controlPlane } = this.#job
    const { type, body } = error
    if (type === 'parts-missing') return some(numbersOf(body?.missing, body?.mismatched))
    if (type !== 'checksum-mismatch' && type !== 'invalid-request') return undefined
    const { algorithm } = this.parts.proofs
    const disagreeing = await this.parts.disagreeing(await controlPlane.listParts(this.#upload, signal))
    if (type === 'checksum-mismatch') return some(disagreeing)
    // A checksum was sent to a store that keeps none after all.
    return algorithm && !this.parts.proofs.algorithm ? disagreeing : undefined
  }

  /** The store does not know the upload. Complete says whether that is because it is done. */
  async #settle(reason: unknown, signal: AbortSignal): Promise<Stored> {
    this.#job.enter('complete', signal)
    const { tracker } = this.#job
    try {
      const stored = await this.#completion.settle(signal)
      tracker.recall(tracker.pending(), [])
      tracker.moved()
      return stored
    } catch (error) {
      if (!isUploadUnknown(error)) throw error
      throw new UploadGoneError(
        'The store does not know this upload any more: it was aborted, or swept for its age.',
        { cause: reason },
      )
    }
  }
}

function some(numbers: number[]): number[] | undefined {
  return numbers.length > 0 ? numbers : undefined
}

function numbersOf(...lists: unknown[]): number[] {
  return [...new Set(lists.flat())].filter((partNumber) => typeof partNumber === 'number')
}
