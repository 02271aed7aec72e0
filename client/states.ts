/** What an upload can be in. docs/engine.md says what each state and each event means. */
export const STATES = [
  'planned',
  'uploading',
  'paused',
  'waiting',
  'completing',
  'done',
  'resumable',
  'failed',
  'aborted',
] as const
export type State = (typeof STATES)[number]

/** What can happen to it, and where that leads, wherever it comes from. */
export const EVENTS = {
  plan: 'planned',
  send: 'uploading',
  pause: 'paused',
  wait: 'waiting',
  complete: 'completing',
  finish: 'done',
  stop: 'resumable',
  fail: 'failed',
  abort: 'aborted',
} as const satisfies Record<string, State>
export type Event = keyof typeof EVENTS

/** Which state takes which events. Nothing else happens. */
export const TRANSITIONS: Readonly<Record<State, readonly Event[]>> = {
  planned: ['send', 'pause', 'wait', 'complete', 'stop', 'fail', 'abort'],
  uploading: ['plan', 'pause', 'wait', 'complete', 'finish', 'stop', 'fail', 'abort'],
  paused: ['plan', 'send', 'finish', 'stop', 'fail', 'abort'],
  waiting: ['plan', 'send', 'pause', 'complete', 'finish', 'stop', 'fail', 'abort'],
  completing: ['plan', 'send', 'wait', 'finish', 'stop', 'fail', 'abort'],
  done: [],
  resumable: ['abort'],
  failed: ['abort'],
  aborted: [],
}

/** One upload's state, changed by events and by nothing else. */
export class Machine {
  #state: State = 'planned'
  readonly #onChange: (change: { state: State; previous: State }) => void

  constructor(onChange: (change: { state: State; previous: State }) => void) {
    this.#onChange = onChange
  }

  get state(): State {
    return this.#state
  }

  takes(event: Event): boolean {
    return TRANSITIONS[this.#state].includes(event)
  }

  /**
   * An event that leads to where the machine is already changes nothing.
   * @throws where the table does not know the transition, which is a bug
   */
  take(event: Event): void {
    const previous = this.#state
    const state = EVENTS[event]
    if (state === previous) return
    if (!this.takes(event)) throw new Error(`Expected no ${event} while ${previous}, got one.`)
    this.#state = state
    this.#onChange({ state, previous })
  }
}
