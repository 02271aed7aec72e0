import { type Follower, follow } from './abort.ts'
import type { Undertaking } from './create-job.ts'
import { AbortedError, asPartwayError, BusyError, type PartwayError } from './errors.ts'
import type { Emitter, Listener, Upload, UploadEvents, UploadResult, UploadSnapshot } from './events.ts'
import { fitsOnePut } from './fits-one-put.ts'
import { forget } from './forget.ts'
import { letGo } from './holds.ts'
import type { Job, Stored } from './job.ts'
import type { Carrying } from './late-carrier.ts'
import { Ledger } from './ledger.ts'
import type { Journal } from './ports.ts'
import { resultOf, snapshotOf } from './report.ts'
import type { Stage } from './stage.ts'
import type { UploadOptions, UploadPorts } from './upload.ts'

const PAUSED = new AbortedError('The upload is paused.', true)

/** One upload, from its journal to its object; can be paused, stopped and cancelled at any moment. */
export class UploadRun<Slice> implements Upload {
  readonly result: Promise<UploadResult>
  readonly #job: Omit<Job<Slice>, 'ledger'>
  readonly #journals: UploadPorts<Slice>['journals']
  readonly #options: UploadOptions
  readonly #stage: Stage
  readonly #emitter: Emitter<UploadEvents>
  readonly #carrier: Carrying<Slice>
  readonly #stop = new AbortController()
  readonly #begun: number
  /** What a pause interrupts. */
  #active: Follower | undefined
  /** Ends the pause. */
  #wake: (() => void) | undefined
  #error: PartwayError | undefined
  #cancelled: AbortedError | undefined

  constructor(
    { job, stage, emitter }: Undertaking<Slice>,
    { journals }: Pick<UploadPorts<Slice>, 'journals'>,
    options: UploadOptions,
    carrier: Carrying<Slice>,
  ) {
    this.#job = job
    this.#stage = stage
    this.#emitter = emitter
    this.#journals = journals
    this.#options = options
    this.#begun = job.clock.now()
    this.#carrier = carrier
    this.result = this.#run()
    this.result.catch(() => {})
  }

  on<Type extends keyof UploadEvents>(type: Type, listener: Listener<UploadEvents[Type]>): () => void {
    return this.#emitter.on(type, listener)
  }

  snapshot(): UploadSnapshot {
    return snapshotOf(this.#job, this.#stage, this.#carrier.transfer, this.#error)
  }

  pause(): void {
    if (!this.#stage.takes('pause') || this.#stage.isCompleting) return
    this.#stage.take('pause')
    this.#active?.abort(PAUSED)
  }

  resume(): void {
    if (this.#stage.state !== 'paused') return
    this.#stage.take(this.#carrier.transfer ? 'send' : 'plan')
    this.#wake?.()
  }

  async abort(): Promise<void> {
    if (!this.#stage.takes('abort')) return
    this.#cancelled = new AbortedError('The upload was cancelled.', false)
    if (!this.#stage.isCompleting) this.#fail('abort', this.#cancelled)
    this.#halt(this.#cancelled)
    await this.result.catch(() => {})
    if (this.#stage.state === 'done') return
    const { controlPlane, source } = this.#job
    await forget(this.#journals, controlPlane, source.id, this.#carrier.transfer)
  }

  async #run(): Promise<UploadResult> {
    const { signal } = this.#options
    const onAbort = () =>
      this.#halt(
        new AbortedError('The upload was stopped; its parts are kept.', true, { cause: signal?.reason }),
      )
    if (signal?.aborted) onAbort()
    else signal?.addEventListener('abort', onAbort, { once: true })
    try {
      await null // Listeners are added first.
      const result = await this.#journaled()
      this.#stage.take('finish')
      return result
    } catch (error) {
      const failure =
        this.#cancelled ?? (await this.#carrier.failed(asPartwayError(error, this.#job.source.name)))
      this.#fail(this.#cancelled ? 'abort' : failure.resumable ? 'stop' : 'fail', failure)
      throw failure
    } finally {
      this.#job.activities.end()
      letGo(this.#job)
      signal?.removeEventListener('abort', onAbort)
    }
  }

  /** Whoever hears how it ended can begin again at once: the journal is free by then. */
  async #journaled(): Promise<UploadResult> {
    const { source, emit } = this.#job
    const journal = await this.#openJournal()
    if (!journal) {
      throw new BusyError(
        `Expected to be the only upload of ${source.name}, got another, of another window or command. Wait for it, or stop it.`,
      )
    }
    const ledger = new Ledger(journal, (error) => emit('unrecorded', { error }))
    const job = { ...this.#job, ledger }
    try {
      const stored = await this.#untilStored(job, journal)
      void ledger.append({ type: 'done' })
      await ledger.clear()
      return resultOf(job, this.#carrier.transfer?.key ?? '', stored, this.#begun)
    } finally {
      await ledger.close()
    }
  }

  async #openJournal(): Promise<Journal | undefined> {
    const { controlPlane, source } = this.#job
    const name = [controlPlane.endpoint, source.id] as const
    const { partSize, resume = 'journal' } = this.#options
    const isSmall = resume === 'journal' && fitsOnePut(source.size, partSize)
    return (isSmall && (await this.#journals.late?.(...name))) || this.#journals.open(...name)
  }

  /** Each turn is the stretch between two pauses. */
  async #untilStored(job: Job<Slice>, journal: Journal): Promise<Stored> {
    for (;;) {
      await this.#unpaused()
      this.#active = follow(this.#stop.signal)
      const { signal, release } = this.#active
      try {
        signal.throwIfAborted()
        return await this.#carrier.carry(job, journal, signal)
      } catch (error) {
        const mayBeDone = this.#cancelled && this.#stage.isCompleting
        const stored = mayBeDone && (await this.#carrier.foundComplete())
        if (stored) return stored
        if (signal.reason !== PAUSED) throw error
      } finally {
        release()
      }
    }
  }

  async #unpaused(): Promise<void> {
    while (this.#stage.state === 'paused' && !this.#stop.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  #halt(reason: PartwayError): void {
    this.#stop.abort(reason)
    this.#wake?.()
  }

  #fail(event: 'stop' | 'fail' | 'abort', error: PartwayError): void {
    this.#error = error
    this.#stage.take(event)
  }
}
