import type { LaneCount } from './lane-budget.ts'
import { Look } from './look.ts'

/** Milliseconds. What moves this soon after a change of the lanes tells of those before, and of buffers that are being filled. */
const SETTLE_MS = 300
/** Long enough to see a gain that is plain. */
const GLANCE = { ms: 300, bytes: 1024 * 1024 }
/** Long enough to say that there is none: a connection may take many round trips to reach its rate. */
const LOOK = { ms: 2_000, bytes: 2 * 1024 * 1024 }
/** After a small step, whose gain is small beside the noise. */
const LONG_LOOK = { ms: 4_000, bytes: 2 * 1024 * 1024 }
/** On a link on which so many bytes take longer. */
const LONGEST_LOOK_MS = 30_000

/** At first the lanes are doubled, as the window of a TCP connection is in slow start. */
const DOUBLE = 2
const MORE = 1.25
const FEWER = 0.75
/** Of what lanes would bring if each was as fast as those before. So much is plain at a glance; half of it after twice the time, if lanes were doubled … */
const PLAIN = 0.6
/** … so much is worth having … */
const WORTH_DOUBLING = 0.1
const WORTH_MORE = 0.2
/** … and so little is none at all. */
const NONE = 0.05
/** Fewer lanes are as good if no more is lost with them. */
const AS_GOOD = 0.98

/** Between two steps, once one has brought nothing. Doubles each time: a link that stays what it is is left alone. */
const REST_MS = 4_000
const LONGEST_REST_MS = 20_000
/** When goodput differs by more, without a step, the link has become another. */
const OTHER_LINK = 0.15

/** What is left of the lanes when the store asks for less. */
const BACKED_OFF = 0.7
/** What is heard within this time is the answer to the same mistake. */
const ROUND_MS = 2_000
/** What comes again before this has passed is the same trouble: the lanes that are left are not to blame, if no step was tried. */
const PAUSE_MS = 6_000
/** How long the lanes stay below where the store asked for less. Doubles each time that it asks again. */
const CAUTION_MS = 60_000
const LONGEST_CAUTION_MS = 120_000
/** How long no more lanes are tried on a link that has broken before any of them was at the end of its part. */
const SLOW_MS = 10 * 60_000
/** Bytes per millisecond. If lanes were so slow, 8 MiB would take two minutes: no more of them are tried before something has arrived. */
const SLOW_LANE = 64 * 1.024

export interface SteeringOptions {
  readonly min: number
  /** What to begin with. Only a store that asks for less brings the lanes below it. */
  readonly start: number
  readonly max: number
}

interface Step {
  readonly from: number
  /** Bytes per millisecond, before. */
  readonly goodput: number
}

/**
 * How many lanes there should be. More are tried, and kept if goodput rises for them: by doubling at first, then in small steps
 * and ever more seldom. Where the store asks for less, there are fewer at once. Time is what it is told, in milliseconds.
 */
export class Steering implements LaneCount {
  readonly #options: SteeringOptions
  readonly #look = new Look()
  #lanes: number
  #factor = DOUBLE
  /** While it is open whether it was a good one. */
  #step: Step | undefined
  /** Of this link, with these lanes: bytes per millisecond. */
  #usual: number | undefined
  #rest = REST_MS
  #nextStepAt = Number.NEGATIVE_INFINITY
  /** Where the store asked for less, and until when that counts. */
  #ceiling = Number.POSITIVE_INFINITY
  #cautiousUntil = 0
  #caution = CAUTION_MS
  #heardAt = Number.NEGATIVE_INFINITY
  #slowUntil = Number.NEGATIVE_INFINITY
  #anyKept = false

  constructor(options: SteeringOptions) {
    this.#options = options
    this.#lanes = options.start
  }

  get lanes(): number {
    return this.#lanes
  }

  /** So many lanes have something to do from now on. */
  used(now: number, inUse: number): void {
    this.#look.used(now, inUse)
  }

  moved(now: number, bytes: number): void {
    this.#look.moved(now, bytes)
    if (!this.#lookedFor(GLANCE, now)) return
    if (this.#look.usedAll(this.#lanes, now)) {
      if (this.#step) this.#judge(this.#step, now)
      else this.#observe(now)
    } else if (this.#lookedFor(LOOK, now)) this.#look.begin(now)
  }

  /** The store asked for less, or a connection stalled. */
  struggled(now: number): void {
    if (now < this.#heardAt + ROUND_MS) return
    if (this.#step || now >= this.#heardAt + PAUSE_MS) this.#lowerCeiling(now)
    this.#heardAt = now
    const before = this.#step?.from ?? this.#lanes
    const fewer = before < this.#lanes ? before : Math.floor(this.#lanes * BACKED_OFF)
    this.#step = undefined
    this.#usual = undefined
    this.#startOver(now)
    this.#change(Math.max(this.#options.min, fewer), now)
  }

  /** The link broke, and what the lanes had carried for long was lost, of all of them. */
  lost(now: number): void {
    this.#slowUntil = now + SLOW_MS
    this.#step = undefined
    this.#usual = undefined
    this.#startOver(now)
    this.#change(Math.max(this.#options.min, Math.floor(this.#lanes / 2)), now)
  }

  /** What was carried is there for good. @param soon so that it is not a slow link, or not any more */
  kept(soon: boolean): void {
    this.#anyKept = true
    if (soon) this.#slowUntil = Number.NEGATIVE_INFINITY
  }

  /** What there is now is what the next step is compared with. At the very beginning a glance will do. */
  #observe(now: number): void {
    const first = this.#nextStepAt === Number.NEGATIVE_INFINITY
    if (!first && !this.#lookedFor(LOOK, now)) return
    const goodput = this.#look.goodput(now)
    this.#usual ??= goodput
    if (Math.abs(goodput / this.#usual - 1) > OTHER_LINK) {
      this.#usual = goodput
      this.#startOver(now)
    }
    if (now >= this.#nextStepAt) this.#takeStep(goodput, now)
    else this.#look.begin(now)
  }

  #judge(step: Step, now: number): void {
    const goodput = this.#look.goodput(now)
    const gain = (goodput / step.goodput - 1) / (this.#lanes / step.from - 1)
    const more = this.#lanes > step.from
    const doubling = this.#factor === DOUBLE
    const plain = doubling ? (PLAIN * GLANCE.ms) / this.#look.taken(now) : PLAIN
    if (!(more && gain >= plain) && !this.#lookedFor(doubling ? LOOK : LONG_LOOK, now)) return
    const good = more ? gain >= (doubling ? WORTH_DOUBLING : WORTH_MORE) : goodput >= step.goodput * AS_GOOD
    this.#step = undefined
    if (good) {
      this.#usual = goodput
      this.#rest = REST_MS
      if (gain >= PLAIN) this.#factor = DOUBLE
      if (more) this.#takeStep(goodput, now)
      else this.#holdOn(now)
    } else {
      this.#factor = more && gain < NONE && step.from > this.#options.start ? FEWER : MORE
      this.#holdOn(now)
      this.#change(step.from, now)
    }
  }

  #takeStep(goodput: number, now: number): void {
    if (!this.#anyKept && goodput < this.#lanes * DOUBLE * SLOW_LANE) {
      this.#look.begin(now)
      return
    }
    const from = this.#lanes
    const to = this.#factor === FEWER ? this.#fewer() : this.#more(now)
    if (to === from) this.#holdOn(now)
    else {
      this.#step = { from, goodput }
      this.#change(to, now)
    }
  }

  #fewer(): number {
    return Math.max(this.#options.start, Math.floor(this.#lanes * FEWER))
  }

  /** Half the way to where the store asked for less, and not all of it. */
  #more(now: number): number {
    if (now < this.#slowUntil) return this.#lanes
    if (now >= this.#cautiousUntil) this.#ceiling = Number.POSITIVE_INFINITY
    const halfway = Math.floor((this.#lanes + this.#ceiling) / 2)
    const wanted = Math.max(this.#lanes + 1, Math.floor(this.#lanes * this.#factor))
    return Math.max(this.#lanes, Math.min(this.#options.max, halfway, wanted))
  }

  #holdOn(now: number): void {
    this.#nextStepAt = now + this.#rest
    this.#rest = Math.min(LONGEST_REST_MS, this.#rest * 2)
    this.#look.begin(now)
  }

  #lowerCeiling(now: number): void {
    if (this.#ceiling < Number.POSITIVE_INFINITY) {
      this.#caution = Math.min(LONGEST_CAUTION_MS, this.#caution * 2)
    }
    this.#ceiling = this.#lanes
    this.#cautiousUntil = now + this.#caution
  }

  #startOver(now: number): void {
    this.#factor = DOUBLE
    this.#rest = REST_MS
    this.#nextStepAt = now + REST_MS
  }

  #change(lanes: number, now: number): void {
    this.#lanes = lanes
    this.#look.begin(now + SETTLE_MS)
  }

  #lookedFor({ ms, bytes }: { ms: number; bytes: number }, now: number): boolean {
    const taken = this.#look.taken(now)
    return taken >= ms && (this.#look.bytes >= bytes || taken >= LONGEST_LOOK_MS)
  }
}
