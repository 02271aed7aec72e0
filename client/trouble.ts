import { backoff, type Contact } from './retry.ts'
import type { Timekeeping } from './timing.ts'

/** A row of failures of one request, and how much patience is left for it. */
export class Trouble {
  readonly #keeping: Timekeeping
  readonly #contact: Contact
  #failures = 0
  #spentMs = 0
  #triedAt: number
  #failedAt = 0
  #delayMs = 0

  constructor(keeping: Timekeeping, contact: Contact) {
    this.#keeping = keeping
    this.#contact = contact
    this.#triedAt = keeping.clock.now()
  }

  /** A try begins now. What is done before it, such as having it signed, has patience of its own. */
  begin(): void {
    this.#triedAt = this.#keeping.clock.now()
    this.#spend(this.#triedAt - this.#failedAt, this.#delayMs)
    this.#delayMs = 0
  }

  /** Something went well meanwhile. */
  end(): void {
    this.#failures = 0
    this.#spentMs = 0
  }

  /**
   * The try has failed.
   * @param retryAfter seconds that the other side asked for
   * @returns milliseconds to the next try; `undefined` where patience is at its end
   */
  delay(retryAfter?: number): number | undefined {
    const { clock, timing, wakes, random } = this.#keeping
    this.#failedAt = clock.now()
    this.#spend(this.#failedAt - this.#triedAt, timing.stallMs + timing.answerMs)
    // Where there is no network, nothing was tried; once in a while that is put to the proof.
    if (wakes.online) this.#failures++
    if (!this.#isPatient) return undefined
    this.#delayMs = wakes.online ? backoff(this.#failures, timing, random(), retryAfter) : timing.retryCapMs
    return this.#delayMs
  }

  /** Whatever took longer than it can was the machine's sleep. */
  #spend(milliseconds: number, longest: number): void {
    this.#spentMs += Math.min(milliseconds, longest)
  }

  get #isPatient(): boolean {
    const { made, retries } = this.#contact
    return made ? this.#spentMs <= this.#keeping.timing.patienceMs : this.#failures <= retries
  }
}
