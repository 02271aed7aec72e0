import type { Wait } from './control-plane.ts'
import type { DownloadEvents, DownloadState } from './download-events.ts'
import type { PartwayError } from './errors.ts'
import type { Clock } from './ports.ts'
import { createRate, eta, type Rate } from './rate.ts'
import { type Event, Machine, type State } from './states.ts'

/** Of the machine's events, those that a download knows: it cannot be paused, and there is nothing to cancel but to stop it. */
type DownloadEvent = Exclude<Event, 'pause' | 'abort'>

/** How far a download is, and what it is in. */
export class DownloadTracker {
  /** Of the object, in bytes; `undefined` until the API has said. */
  size: number | undefined
  received = 0
  resumed = 0
  transferred = 0
  retries = 0
  waitingFor: Wait | undefined

  readonly #clock: Clock
  readonly #emit: Emit
  readonly #machine: Machine
  #rate: Rate | undefined

  constructor(clock: Clock, emit: Emit) {
    this.#clock = clock
    this.#emit = emit
    this.#machine = new Machine(({ state, previous }) =>
      emit('state', { state: nameOf(state), previous: nameOf(previous) }),
    )
  }

  get state(): DownloadState {
    return nameOf(this.#machine.state)
  }

  take(event: DownloadEvent): void {
    this.#machine.take(event)
  }

  /** @param resumed bytes that are there from an earlier run */
  begin(size: number, resumed: number): void {
    this.size = size
    this.received = resumed
    this.resumed = resumed
    this.#rate = createRate(this.#clock.now(), resumed)
  }

  progress(bytes: number): void {
    this.received += bytes
    this.transferred += bytes
    this.#rate?.add(this.#clock.now(), this.received)
    this.#emit('progress', { bytesReceived: this.received, size: this.size ?? 0 })
  }

  retry(delay: number, error: PartwayError): void {
    this.retries++
    this.#emit('retry', { delay, error })
  }

  /** @param wait what nothing moves for; `undefined` once something does */
  waits(wait: Wait | undefined): void {
    this.waitingFor = wait
    if (!wait && this.#rate) this.#rate = createRate(this.#clock.now(), this.received)
    if (wait && this.#machine.takes('wait')) this.#machine.take('wait')
    if (!wait && this.#machine.state === 'waiting') this.#machine.take('send')
  }

  rate(): number | undefined {
    return this.#rate?.at(this.#clock.now())
  }

  eta(): number | undefined {
    return this.size === undefined ? undefined : eta(this.size - this.received, this.rate())
  }
}

type Emit = <Type extends keyof DownloadEvents>(type: Type, event: DownloadEvents[Type]) => void

function nameOf(state: State): DownloadState {
  if (state === 'uploading') return 'downloading'
  if (state === 'paused' || state === 'aborted') throw new Error(`Expected no ${state} download, got one.`)
  return state
}
