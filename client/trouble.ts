import { backoff, type Contact } from './retry.ts'
import type { Timekeeping } from './timing.ts'

/** A row of failures of one request, and how much patience is left for it. */
export class Trouble {
  readonly #keeping: Timekeeping
  readonly #contact: Contact
  #failures = 0
  #spentMs = 0
  #since: number

  constructor(keeping: Timekeeping, contact: Contact) {
    this.#keeping = keeping
    this.#contact = contact
    this.#since = keeping.clock.now()
  }

  /** Something went well meanwhile. */
  end(): void {
    this.#failures = 0
    this.#spentMs = 0
  }

  /**
   * One more failure.
   * @param retryAfter seconds that the other side asked for
   * @returns milliseconds to the next try; `undefined` where patience is at its end
   */
  delay(retryAfter?: number): number | undefined {
    const { clock, timing, wakes, random } = this.#keeping
    const now = clock.now()
    // A try and the wait before it take no longer than this; whatever took longer was the machine's sleep.
    const longest = timing.stallMs + timing.answerMs + Math.max(timing.retryCapMs, (retryAfter ?? 0) * 1000)
    this.#spentMs += Math.min(now - this.#since, longest)
    this.#since = now
    // Where there is no network, nothing was tried; once in a while that is put to the proof.
    if (!wakes.online) return this.#isPatient ? timing.retryCapMs : undefined
    this.#failures++
    return this.#isPatient ? backoff(this.#failures, timing, random(), retryAfter) : undefined
  }

  get #isPatient(): boolean {
    const { made, retries } = this.#contact
    return made ? this.#spentMs <= this.#keeping.timing.patienceMs : this.#failures <= retries
  }
}
