import { createRate, eta, type Rate } from '../client/rate.ts'
import type { Shown, Standing } from './standing.ts'

/** What a run has to do, and how much of it is done. */
export class Tally {
  files = 0
  done = 0
  doneBefore = 0
  failed = 0
  /** Of files that were done in this run. */
  bytesDone = 0
  readonly active = new Set<Shown>()
  readonly #now: () => number
  readonly #begun: number
  readonly #rate: Rate
  #bytes = 0
  /** Of files whose fate is known. */
  #bytesSettled = 0

  constructor(now: () => number) {
    this.#now = now
    this.#begun = now()
    this.#rate = createRate(this.#begun, 0)
  }

  expect(files: number, bytes: number): void {
    this.files += files
    this.#bytes += bytes
  }

  skip(bytes: number): void {
    this.doneBefore++
    this.#bytesSettled += bytes
  }

  settle(transfer: Shown, outcome: 'done' | 'failed'): void {
    const { bytes, size = bytes } = transfer.standing()
    this.active.delete(transfer)
    this[outcome]++
    this.#bytesSettled += size
    if (outcome === 'done') this.bytesDone += size
  }

  /** Milliseconds. */
  get elapsed(): number {
    return this.#now() - this.#begun
  }

  standing(): Standing {
    const standings = [...this.active].map((transfer) => transfer.standing())
    const bytes = standings.reduce((sum, { bytes }) => sum + bytes, this.#bytesSettled)
    const size = Math.max(this.#bytes, bytes)
    const now = this.#now()
    this.#rate.add(now, bytes)
    const rate = this.#rate.at(now)
    const troubled = standings.length > 0 && standings.every(({ trouble }) => trouble !== undefined)
    return {
      bytes,
      size,
      rate,
      eta: eta(size - bytes, rate),
      ...(troubled && { trouble: standings[0]?.trouble }),
    }
  }
}
