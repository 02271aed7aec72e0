import type { Wait } from './control-plane.ts'
import type { Job } from './job.ts'
import { type Event, Machine, type State } from './states.ts'

type Doing = Parameters<Job<unknown>['enter']>[0]

/** The machine of one upload, and what a wait interrupts. */
export class Stage {
  readonly #machine: Machine
  #doing: Doing = 'plan'
  #waitingFor: Wait | undefined

  constructor(onChange: (change: { state: State; previous: State }) => void) {
    this.#machine = new Machine(onChange)
  }

  get state(): State {
    return this.#machine.state
  }

  get waitingFor(): Wait | undefined {
    return this.state === 'waiting' ? this.#waitingFor : undefined
  }

  /** An object may be there any moment, waited for or not. */
  get isCompleting(): boolean {
    return this.state === 'completing' || (this.state === 'waiting' && this.#doing === 'complete')
  }

  readonly enter = (event: Doing, signal: AbortSignal): void => {
    signal.throwIfAborted()
    this.#doing = event
    this.#machine.take(event)
  }

  /** Nothing moves, or it does again. No effect where nothing is under way. */
  await(wait: Wait | undefined): void {
    this.#waitingFor = wait
    if (wait && this.takes('wait')) this.#machine.take('wait')
    if (!wait && this.state === 'waiting') this.#machine.take(this.#doing)
  }

  takes(event: Event): boolean {
    return this.#machine.takes(event)
  }

  take(event: Event): void {
    this.#machine.take(event)
  }
}
