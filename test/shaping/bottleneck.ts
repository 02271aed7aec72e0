/**
 * How far ahead bytes are let in, in milliseconds: a timer that fires late, as they do, leaves no gap on the wire. What is let in
 * too early waits for its time of arrival.
 */
const LOOKAHEAD_MS = 20

/** Milliseconds, so that tests of the wire itself need not wait. */
export interface WireClock {
  now(): number
  sleep(milliseconds: number): Promise<void>
}

const REAL: WireClock = { now: () => performance.now(), sleep }

/** A stretch of wire that carries so many bits per second, first come, first served. */
export class Bottleneck {
  readonly #bitsPerSecond: () => number
  readonly #clock: WireClock
  /** When the last byte that was let in has passed. */
  #free = 0
  #queue: Promise<unknown> = Promise.resolve()

  get bitsPerSecond(): number {
    return this.#bitsPerSecond()
  }

  /** @param bitsPerSecond asked anew for every piece; may be infinite */
  constructor(bitsPerSecond: () => number, clock = REAL) {
    this.#bitsPerSecond = bitsPerSecond
    this.#clock = clock
  }

  /** @returns when these bytes have passed: that is at most a little later than now */
  pass(bytes: number): Promise<number> {
    const passed = this.#queue.then(() => this.#take(bytes))
    this.#queue = passed
    return passed
  }

  async #take(bytes: number): Promise<number> {
    const early = this.#free - this.#clock.now() - LOOKAHEAD_MS
    if (early > 0) await this.#clock.sleep(early)
    this.#free = Math.max(this.#free, this.#clock.now()) + (bytes * 8 * 1000) / this.#bitsPerSecond()
    return this.#free
  }
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })
}
