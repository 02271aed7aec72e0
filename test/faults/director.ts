import { describeExchange, type Exchange } from './exchange.ts'
import type { Fault } from './fault.ts'
import type { Incident, Story } from './plan.ts'
import { type Attempt, newAttempt } from './proxy.ts'

const REFUSED: Fault = { kind: 'drop', at: 'head' }

/** Sees every request of a story, gives it its fault, and has happen what the story has happen then. */
export class Director {
  readonly attempts: Attempt[] = []
  /** Moments at which something outside of the link broke what was under way. `performance.now()` */
  readonly interruptions: number[] = []
  readonly #story: Story
  readonly #happen: (incident: Incident, exchange: Exchange) => Promise<void> | void
  readonly #faults: Map<string, Fault>
  readonly #incidents: Story['incidents'][number][]
  readonly #happened = new Set<Incident>()
  readonly #seen = new Map<string, number>()
  /** Until then no connection is let in. */
  outageUntil = 0

  constructor(story: Story, happen: (incident: Incident, exchange: Exchange) => Promise<void> | void) {
    this.#story = story
    this.#happen = happen
    this.#faults = new Map(story.faults)
    this.#incidents = [...story.incidents]
  }

  direct(request: Omit<Exchange, 'attempt'>): Attempt {
    const { operation, uploadId, partNumber, key } = request
    const what = [operation, partNumber, operation === 'put' && (uploadId ?? key)].join(' ')
    const attempt = (this.#seen.get(what) ?? 0) + 1
    this.#seen.set(what, attempt)
    const exchange = { ...request, attempt }
    const known = newAttempt(exchange, operation === 'other' ? undefined : this.#faultOf(exchange))
    this.attempts.push(known)
    known.ready = this.#incidentsAt(exchange)
    return known
  }

  /** Whether that has happened. */
  hasHappened(incident: Incident): boolean {
    return this.#happened.has(incident)
  }

  /** From now on, everything works. */
  calm(): void {
    this.#faults.clear()
    this.#incidents.length = 0
    this.outageUntil = 0
  }

  interrupt(): void {
    this.interruptions.push(performance.now())
  }

  /** For a person: everything that happened, in order. */
  log(): string {
    const start = this.attempts[0]?.began ?? 0
    const ms = (at: number) => (at - start).toFixed(0).padStart(5)
    const lines = this.attempts
      .filter(({ operation }) => operation !== 'other')
      .map((attempt) => {
        const end = Number.isFinite(attempt.ended)
          ? `+${(attempt.ended - attempt.began).toFixed(0)} ms`
          : 'open'
        const outcome = attempt.answered ?? (attempt.broken ? `broken by ${attempt.broken}` : 'no answer')
        const of = attempt.uploadId?.slice(-4) ?? ''
        const range = attempt.range ? attempt.range.join('-') : ''
        return `${ms(attempt.began)} ${describeExchange(attempt)} ${of}${range} ${attempt.received}/${attempt.size} ${outcome} ${end} ${attempt.fault ? JSON.stringify(attempt.fault) : ''}`
      })
    return [...lines, `interrupted at ${this.interruptions.map((at) => ms(at).trim()).join(', ')}`].join('\n')
  }

  #faultOf(exchange: Exchange): Fault | undefined {
    if (performance.now() < this.outageUntil) return REFUSED
    const name = describeExchange(exchange)
    const fault = this.#faults.get(name)
    this.#faults.delete(name)
    return fault
  }

  async #incidentsAt(exchange: Exchange): Promise<void> {
    const name = describeExchange(exchange)
    for (const planned of this.#incidents.filter(({ at }) => at === name)) {
      this.#incidents.splice(this.#incidents.indexOf(planned), 1)
      this.#happened.add(planned.incident)
      await this.#happen(planned.incident, exchange)
    }
  }

  get story(): Story {
    return this.#story
  }
}
