import { type PartPlan, partRange } from '../protocol/part-plan.ts'
import type { PartState, UploadEvents } from './events.ts'
import type { Clock } from './ports.ts'
import { createRate, eta, type Rate } from './rate.ts'

/** How far an upload is: each part's state and the bytes, acknowledged and in flight. */
export class Tracker {
  parts: PartState[] = []
  acknowledged = 0
  resumed = 0
  transferred = 0
  retries = 0
  partsDone = 0

  readonly #clock: Clock
  readonly #emit: Emit
  readonly #inFlight = new Map<number, number>()
  /** Were there before this run. */
  readonly #resumed = new Set<number>()
  #inFlightBytes = 0
  #plan: PartPlan = { size: 0, partSize: 0, partCount: 0 }
  #rate: Rate | undefined

  constructor(clock: Clock, emit: Emit) {
    this.#clock = clock
    this.#emit = emit
  }

  get bytesSent(): number {
    return this.acknowledged + this.#inFlightBytes
  }

  /** Begins, with nothing sent. Again after a restart. */
  begin(plan: PartPlan): void {
    this.#plan = plan
    this.parts = new Array<PartState>(plan.partCount).fill('pending')
    this.acknowledged = 0
    this.resumed = 0
    this.partsDone = 0
    this.#inFlight.clear()
    this.#resumed.clear()
    this.#inFlightBytes = 0
  }

  /** The plan has more parts by now. */
  extend(): void {
    while (this.parts.length < this.#plan.partCount) this.parts.push('pending')
  }

  /** What is measured from now on is a rate of its own: a pause, a wait, or bytes that were there before, are no part of it. */
  startRate(): void {
    this.#rate = createRate(this.#clock.now(), this.bytesSent)
  }

  rate(): number | undefined {
    return this.#rate?.at(this.#clock.now())
  }

  eta(): number | undefined {
    return eta(this.#plan.size - this.bytesSent, this.rate())
  }

  isDone(partNumber: number): boolean {
    return this.parts[partNumber - 1] === 'done'
  }

  pending(): number[] {
    return this.#numbers((partNumber) => !this.isDone(partNumber))
  }

  done(): number[] {
    return this.#numbers((partNumber) => this.isDone(partNumber))
  }

  /** @param bytes of the part that are in flight; 0 when a try has failed */
  progress(partNumber: number, bytes: number): void {
    const before = this.#inFlight.get(partNumber) ?? 0
    this.#inFlight.set(partNumber, bytes)
    this.#inFlightBytes += bytes - before
    this.transferred += Math.max(0, bytes - before)
    this.moved()
  }

  sending(partNumber: number): void {
    this.#set(partNumber, 'sending')
  }

  waiting(partNumber: number): void {
    this.retries++
    this.#set(partNumber, 'waiting')
  }

  /** Not under way any more, or found to be missing. */
  lost(partNumber: number): void {
    this.#uncount(partNumber)
    if (this.#resumed.delete(partNumber)) this.resumed -= this.#size(partNumber)
    this.#set(partNumber, 'pending')
    this.moved()
  }

  acknowledge(partNumber: number): void {
    this.#count(partNumber)
    this.moved()
  }

  /** Done, but to be read again before it counts: until then it is as good as in flight. */
  doubt(partNumber: number): void {
    this.#uncount(partNumber)
    this.#hold(partNumber)
    this.#set(partNumber, 'pending')
    this.moved()
  }

  /**
   * What the store has of an earlier run. Says nothing of bytes yet: {@link moved} does, once all of it is counted.
   * @param unchecked held, and to be read here before they are done
   */
  recall(done: Iterable<number>, unchecked: Iterable<number>): void {
    for (const partNumber of done) {
      this.#resume(partNumber)
      this.#count(partNumber)
    }
    for (const partNumber of unchecked) {
      this.#resume(partNumber)
      this.#hold(partNumber)
    }
  }

  /** Tells how many bytes are sent. */
  moved(): void {
    const { bytesSent } = this
    this.#rate?.add(this.#clock.now(), bytesSent)
    this.#emit('progress', { bytesSent, size: this.#plan.size })
  }

  #resume(partNumber: number): void {
    if (!this.#resumed.has(partNumber)) this.resumed += this.#size(partNumber)
    this.#resumed.add(partNumber)
  }

  #count(partNumber: number): void {
    this.#land(partNumber)
    this.acknowledged += this.#size(partNumber)
    this.partsDone++
    this.#set(partNumber, 'done')
  }

  #uncount(partNumber: number): void {
    this.#land(partNumber)
    if (!this.isDone(partNumber)) return
    this.acknowledged -= this.#size(partNumber)
    this.partsDone--
  }

  #hold(partNumber: number): void {
    this.#inFlight.set(partNumber, this.#size(partNumber))
    this.#inFlightBytes += this.#size(partNumber)
  }

  #land(partNumber: number): void {
    this.#inFlightBytes -= this.#inFlight.get(partNumber) ?? 0
    this.#inFlight.delete(partNumber)
  }

  #set(partNumber: number, state: PartState): void {
    if (this.parts[partNumber - 1] === state) return
    this.parts[partNumber - 1] = state
    this.#emit('part', { partNumber, state })
  }

  #numbers(fits: (partNumber: number) => boolean): number[] {
    return this.parts.map((_, index) => index + 1).filter(fits)
  }

  #size(partNumber: number): number {
    return partRange(this.#plan, partNumber).size
  }
}

type Emit = <Type extends keyof UploadEvents>(type: Type, event: UploadEvents[Type]) => void
