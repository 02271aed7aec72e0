/** Answers travel, and tell seconds only; S3 itself allows 15 minutes. */
const TOLERANCE_MS = 30_000

/** The store's time of day, by which requests are signed: a machine whose clock is wrong can upload all the same. */
export class StoreTime {
  readonly #timeOfDay: () => Date
  #offset = 0

  constructor(timeOfDay: () => Date) {
    this.#timeOfDay = timeOfDay
  }

  now(): Date {
    return new Date(this.#timeOfDay().getTime() + this.#offset)
  }

  /**
   * Compares with the `Date` of an answer.
   * @returns whether that was news: what is signed from now on has another time
   */
  learn(date: string | undefined): boolean {
    const ahead = Date.parse(date ?? '') - this.now().getTime()
    if (!(Math.abs(ahead) > TOLERANCE_MS)) return false
    this.#offset += ahead
    return true
  }
}
