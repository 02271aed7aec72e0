/** Lanes count as used when hardly one is idle: with less to do than there are lanes, goodput says nothing of them. */
const IN_USE = 0.9

/** A stretch of time, and what moved in it. Milliseconds and bytes. */
export class Look {
  bytes = 0
  #from = 0
  #inUse = 0
  #usedAt = 0
  /** Lanes times milliseconds. */
  #use = 0

  /** Looks anew; what moves before does not count. */
  begin(from: number): void {
    this.bytes = 0
    this.#from = from
    this.#use = 0
    this.#usedAt = from
  }

  /** So many lanes have something to do from now on. After none had, it looks anew. */
  used(now: number, inUse: number): void {
    this.#countUse(now)
    if (this.#inUse === 0) this.begin(Math.max(now, this.#from))
    this.#inUse = inUse
  }

  moved(now: number, bytes: number): void {
    if (now >= this.#from) this.bytes += bytes
  }

  /** How long it has taken so far; negative before it begins. */
  taken(now: number): number {
    return now - this.#from
  }

  /** Bytes per millisecond. */
  goodput(now: number): number {
    return this.bytes / this.taken(now)
  }

  /** Whether so many lanes had something to do all the time. */
  usedAll(lanes: number, now: number): boolean {
    this.#countUse(now)
    return this.#use >= IN_USE * lanes * this.taken(now)
  }

  #countUse(now: number): void {
    if (now <= this.#usedAt) return
    this.#use += this.#inUse * (now - this.#usedAt)
    this.#usedAt = now
  }
}
