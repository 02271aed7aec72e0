import { MAX_URLS_PER_ANSWER } from '../protocol/limits.ts'
import type { PartPlan } from '../protocol/part-plan.ts'
import type { SignedPart, SignedParts } from '../protocol/schemas.ts'
import { unpackSignedParts } from '../protocol/signed-parts.ts'
import { NotPartwayError } from './errors.ts'
import { expiryOf } from './expiry.ts'
import type { Clock } from './ports.ts'

export interface SigningPorts {
  readonly plan: PartPlan
  readonly clock: Clock
  presign(from: number, to: number, signal: AbortSignal): Promise<SignedParts>
  /** Parts that may be under way at once. */
  readonly lanes: number
  /** Bytes per second; `undefined` where that is not known yet. */
  rate(): number | undefined
  /** Done parts need no URL. */
  isDone(partNumber: number): boolean
}

interface Window {
  /** By the clock. */
  validUntil: number
}

/**
 * The URLs of an upload's parts, signed in windows, just in time: as many as can be sent in half of their life, at most 1,000. The
 * next window is asked for before the current one is used up.
 */
export class SignedUrls {
  readonly #ports: SigningPorts
  readonly #urls = new Map<number, { part: SignedPart; window: Window }>()
  #signing: { from: number; to: number; signal: AbortSignal; done: Promise<void> } | undefined
  /** The last part of the latest window. */
  #last = 0
  /** Of the latest window. */
  #lifeSeconds = 0
  #size = MAX_URLS_PER_ANSWER

  constructor(ports: SigningPorts) {
    this.#ports = ports
  }

  /** Takes what initiate brought along. */
  add(signed: SignedParts): void {
    const window = { validUntil: expiryOf(signed, this.#ports.clock) }
    this.#lifeSeconds = signed.expiresIn
    const { plan, isDone } = this.#ports
    for (const part of unpackSignedParts(signed, plan)) {
      if (!isDone(part.partNumber)) this.#urls.set(part.partNumber, { part, window })
      this.#last = part.partNumber
    }
  }

  /** A URL that is still good, signed now if need be. Workers that need the same window share one call. */
  async get(partNumber: number, signal: AbortSignal): Promise<SignedPart> {
    for (;;) {
      const signed = this.#urls.get(partNumber)
      if (signed && this.#isGood(signed.window)) {
        this.#signAhead(partNumber, signal)
        return signed.part
      }
      await this.sign(partNumber, signal)
    }
  }

  /** Signs the window of that part. @throws {NotPartwayError} where other parts are signed */
  async sign(partNumber: number, signal: AbortSignal): Promise<void> {
    const current = this.#signing
    const isShared = current && current.from <= partNumber && partNumber <= current.to
    if (isShared && !current.signal.aborted) return current.done

    const from = this.#firstStale(partNumber)
    this.#size = this.#windowSize()
    const to = Math.min(Math.max(from + this.#size - 1, partNumber), this.#ports.plan.partCount)
    const done = this.#ports.presign(from, to, signal).then((signed) => {
      this.add(signed)
      if (!this.#urls.has(from) && !this.#ports.isDone(from)) throw unsigned(from)
    })
    const signing = { from, to, signal, done }
    this.#signing = signing
    try {
      await done
    } finally {
      if (this.#signing === signing) this.#signing = undefined
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

  /** Whoever comes to the end of what is signed should not have to wait. */
  #signAhead(partNumber: number, signal: AbortSignal): void {
    const { plan, lanes, isDone } = this.#ports
    const reserve = Math.max(2 * lanes, Math.floor(this.#size / 4))
    if (this.#signing || this.#last - partNumber > reserve) return
    let next = this.#last + 1
    while (next <= plan.partCount && isDone(next)) next++
    const signed = this.#urls.get(next)
    // Whether it fails shows to whoever needs it.
    if (next <= plan.partCount && !(signed && this.#isGood(signed.window))) {
      this.sign(next, signal).catch(() => {})
    }
  }

  #windowSize(): number {
    const { plan, lanes, rate } = this.#ports
    const bytesPerSecond = rate()
    if (!bytesPerSecond || this.#lifeSeconds === 0) return MAX_URLS_PER_ANSWER
    const inHalfALife = Math.floor((bytesPerSecond * this.#lifeSeconds) / 2 / plan.partSize)
    return Math.min(MAX_URLS_PER_ANSWER, Math.max(2 * lanes, inHalfALife))
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
    return this.#ports.clock.now() < window.validUntil
  }
}

function unsigned(partNumber: number): NotPartwayError {
  return new NotPartwayError(`Expected a URL for part ${partNumber}, which was asked for, got others.`)
}
