/** How far something is. */
export interface Standing {
  readonly bytes: number
  /** `undefined` of a stream, until its end. */
  readonly size: number | undefined
  /** Bytes a second. */
  readonly rate: number | undefined
  /** Seconds. */
  readonly eta: number | undefined
  /** Why nothing moves. */
  readonly trouble?: string | undefined
}

/** One transfer as it is shown: a trouble is told until bytes move again, in place of the rate and the time left. */
export class Shown {
  readonly name: string
  readonly #standing: () => Standing
  #trouble: { readonly reason: string; readonly bytes: number } | undefined

  constructor(name: string, standing: () => Standing) {
    this.name = name
    this.#standing = standing
  }

  standing(): Standing {
    const standing = this.#standing()
    if (this.#trouble && standing.bytes > this.#trouble.bytes) this.#trouble = undefined
    if (!this.#trouble) return standing
    return { ...standing, rate: undefined, eta: undefined, trouble: this.#trouble.reason }
  }

  trouble(reason: string): void {
    this.#trouble = { reason, bytes: this.#standing().bytes }
  }
}
