import type { PartwayError } from './errors.ts'
import type { Job, Stored, Transfer } from './job.ts'
import type { OpenOptions } from './open-upload.ts'
import type { Journal } from './ports.ts'

/** What brings a source to the store, from one pause to the next. */
export interface Carrying<Slice> {
  /** Absent until there is one. */
  readonly transfer: Transfer | undefined
  /** May be called again after a pause. */
  carry(job: Job<Slice>, journal: Journal, signal: AbortSignal): Promise<Stored>
  /** Complete may have been faster than whoever cancelled it. */
  foundComplete(): Promise<Stored | undefined>
  /** It cannot be carried any further. @returns what whoever waits for it is told */
  failed(error: PartwayError): Promise<PartwayError>
}

/** What brings a source to the store; a platform that loads its code over a network loads this apart. */
export type Carriage = typeof import('./carrier.ts')

/** Carries as soon as the code for it is there. */
export class LateCarrier<Slice> implements Carrying<Slice> {
  readonly #options: OpenOptions
  readonly #load: () => Promise<Carriage>
  #carrier: Carrying<Slice> | undefined

  /** @param load may be called again after it has failed */
  constructor(options: OpenOptions, load: () => Promise<Carriage>) {
    this.#options = options
    this.#load = load
  }

  get transfer(): Transfer | undefined {
    return this.#carrier?.transfer
  }

  async carry(job: Job<Slice>, journal: Journal, signal: AbortSignal): Promise<Stored> {
    if (!this.#carrier) {
      const { Carrier } = await this.#load()
      signal.throwIfAborted()
      this.#carrier = new Carrier(this.#options)
    }
    return this.#carrier.carry(job, journal, signal)
  }

  async foundComplete(): Promise<Stored | undefined> {
    return this.#carrier?.foundComplete()
  }

  /** What it was begun with is there when it is begun again. */
  async failed(error: PartwayError): Promise<PartwayError> {
    return error
  }
}
