import { MAX_URLS_PER_ANSWER } from '../protocol/limits.ts'
import type { PartPlan } from '../protocol/part-plan.ts'
import type { SignedPart, SignedParts } from '../protocol/schemas.ts'
import { unpackSignedParts } from '../protocol/signed-parts.ts'
import { expiryOf } from './expiry.ts'
import type { Clock } from './ports.ts'

interface Window {
  /** By the clock. */
  validUntil: number
}

/** The URLs of an upload's parts, signed in windows of up to 1,000, just in time. */
export class SignedUrls {
  readonly #plan: PartPlan
  readonly #presign: (from: number, to: number, signal: AbortSignal) => Promise<SignedParts>
  readonly #clock: Clock
  readonly #urls = new Map<number, { part: SignedPart; window: Window }>()
  #signing: { from: number; to: number; done: Promise<void> } | undefined

  constructor(
    plan: PartPlan,
    presign: (from: number, to: number, signal: AbortSignal) => Promise<SignedParts>,
    clock: Clock,
  ) {
    this.#plan = plan
    this.#presign = presign
    this.#clock = clock
  }

  /** Takes what initiate brought along. */
  add(signed: SignedParts): void {
    const window = { validUntil: expiryOf(signed, this.#clock) }
    for (const part of unpackSignedParts(signed, this.#plan))
      this.#urls.set(part.partNumber, { part, window })
  }

  /** A URL that is still good, signed now if need be. Workers that need the same window share one call. */
  async get(partNumber: number, signal: AbortSignal): Promise<SignedPart> {
    for (;;) {
      const signed = this.#urls.get(partNumber)
      if (signed && this.#isGood(signed.window)) return signed.part
      await this.#sign(partNumber, signal)
    }
  }

  /** The store refused this URL: its whole window is signed again. No effect where that has happened already. */
  refuse(part: SignedPart): void {
    const signed = this.#urls.get(part.partNumber)
    if (signed?.part === part) signed.window.validUntil = Number.NEGATIVE_INFINITY
  }

  /** The part is done. */
  forget(partNumber: number): void {
    this.#urls.delete(partNumber)
  }

  async #sign(partNumber: number, signal: AbortSignal): Promise<void> {
    const current = this.#signing
    if (current && current.from <= partNumber && partNumber <= current.to) return current.done

    const from = this.#firstStale(partNumber)
    const to = Math.min(from + MAX_URLS_PER_ANSWER - 1, this.#plan.partCount)
    const done = this.#presign(from, to, signal).then((signed) => this.add(signed))
    const signing = { from, to, done }
    this.#signing = signing
    try {
      await done
    } finally {
      if (this.#signing === signing) this.#signing = undefined
    }
  }

  /** Other workers hold parts below this one whose URLs died with it: one window for all of them. */
  #firstStale(partNumber: number): number {
    let first = partNumber
    for (const [number, { window }] of this.#urls) {
      if (number < first && partNumber - number < MAX_URLS_PER_ANSWER && !this.#isGood(window)) first = number
    }
    return first
  }

  #isGood(window: Window): boolean {
    return this.#clock.now() < window.validUntil
  }
}
