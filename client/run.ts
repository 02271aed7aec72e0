import { type Follower, follow } from './abort.ts'
import { initiate } from './begin.ts'
import type { Undertaking } from './create-job.ts'
import { AbortedError, asPartwayError, BusyError, type PartwayError, UploadGoneError } from './errors.ts'
import type { Emitter, Listener, Upload, UploadEvents, UploadResult, UploadSnapshot } from './events.ts'
import { forget } from './forget.ts'
import type { Job, Stored, Transfer } from './job.ts'
import { Ledger } from './ledger.ts'
import { openUpload } from './open-upload.ts'
import type { Journal } from './ports.ts'
import type { Stage } from './stage.ts'
import type { UploadOptions, UploadPorts } from './upload.ts'

/** An upload that vanishes again and again is not an accident. */
const MAX_RESTARTS = 2
const PAUSED = new AbortedError('The upload is paused.', true)

/** One upload, from its journal to its object; can be paused, stopped and cancelled at any moment. */
export class UploadRun<Slice> implements Upload {
  readonly result: Promise<UploadResult>
  readonly #job: Omit<Job<Slice>, 'ledger'>
  readonly #journals: UploadPorts<Slice>['journals']
  readonly #options: UploadOptions
  readonly #stage: Stage
  readonly #emitter: Emitter<UploadEvents>
  readonly #stop = new AbortController()
  readonly #begun: number
  /** What a pause interrupts. */
  #active: Follower | undefined
  /** Ends the pause. */
  #wake: (() => void) | undefined
  #transfer: Transfer | undefined
  #error: PartwayError | undefined
  #cancelled: AbortedError | undefined

  constructor(
    { job, stage, emitter }: Undertaking<Slice>,
    { journals }: Pick<UploadPorts<Slice>, 'journals'>,
    options: UploadOptions,
  ) {
    this.#job = job
    this.#stage = stage
    this.#emitter = emitter
    this.#journals = journals
    this.#options = options
    this.#begun = job.clock.now()
    this.result = this.#run()
    this.result.catch(() => {})
  }

  on<Type extends keyof UploadEvents>(type: Type, listener: Listener<UploadEvents[Type]>): () => void {
    return this.#emitter.on(type, listener)
  }

  snapshot(): UploadSnapshot {
    const { source, tracker } = this.#job
    return {
      state: this.#stage.state,
      waitingFor: this.#stage.waitingFor,
      fileName: source.name,
      key: this.#transfer?.key,
      size: source.size,
      bytesSent: tracker.bytesSent,
      bytesAcknowledged: tracker.acknowledged,
      bytesResumed: tracker.resumed,
      rate: tracker.rate(),
      eta: tracker.eta(),
      parts: tracker.parts.slice(),
      partsDone: tracker.partsDone,
      retries: tracker.retries,
      error: this.#error,
    }
  }

  pause(): void {
    if (!this.#stage.takes('pause') || this.#stage.isCompleting) return
    this.#stage.take('pause')
    this.#active?.abort(PAUSED)
  }

  resume(): void {
    if (this.#stage.state !== 'paused') return
    this.#stage.take(this.#transfer ? 'send' : 'plan')
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
    await forget(this.#journals, controlPlane, source.id, this.#transfer)
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
      const failure = this.#cancelled ?? asPartwayError(error, this.#job.source.name)
      this.#fail(this.#cancelled ? 'abort' : failure.resumable ? 'stop' : 'fail', failure)
      throw failure
    } finally {
      this.#job.activities.end()
      signal?.removeEventListener('abort', onAbort)
    }
  }

  /** Whoever hears how it ended can begin again at once: the journal is free by then. */
  async #journaled(): Promise<UploadResult> {
    const { controlPlane, source, emit } = this.#job
    const journal = await this.#journals.open(controlPlane.endpoint, source.id)
    if (!journal) {
      throw new BusyError(
        `Expected to be the only upload of ${source.name}, found another one under way: in another window, or by another command. Wait for it, or stop it.`,
      )
    }
    const ledger = new Ledger(journal, (error) => emit('unrecorded', { error }))
    const job = { ...this.#job, ledger }
    try {
      const { size: _, ...stored } = await this.#untilStored(job, journal)
      void ledger.append({ type: 'done' })
      await ledger.clear()
      return this.#resultOf(stored)
    } finally {
      await ledger.close()
    }
  }

  /** Each turn is the stretch between two pauses. */
  async #untilStored(job: Job<Slice>, journal: Journal): Promise<Stored> {
    for (;;) {
      await this.#unpaused()
      this.#active = follow(this.#stop.signal)
      const { signal, release } = this.#active
      try {
        signal.throwIfAborted()
        return await this.#transferAll(job, journal, signal)
      } catch (error) {
        const stored = this.#cancelled && this.#stage.isCompleting && (await this.#foundComplete())
        if (stored) return stored
        if (signal.reason !== PAUSED) throw error
      } finally {
        release()
      }
    }
  }

  async #transferAll(job: Job<Slice>, journal: Journal, signal: AbortSignal): Promise<Stored> {
    const { partSize, resume = 'journal', restart = false } = this.#options
    this.#transfer ??= await openUpload(job, journal, { partSize, resume, restart }, signal)
    for (let restarts = 0; ; restarts++) {
      try {
        return await this.#transfer.send(signal)
      } catch (error) {
        if (!(error instanceof UploadGoneError) || restarts === MAX_RESTARTS) throw error
        job.enter('plan', signal)
        await job.ledger.clear()
        job.emit('restarted', { reason: error.message })
        this.#transfer = await initiate(job, this.#transfer.partSize ?? partSize, signal)
      }
    }
  }

  /** Complete may have been faster than the cancelling. */
  async #foundComplete(): Promise<Stored | undefined> {
    const { signal } = new AbortController()
    await this.#transfer?.abort(signal)
    return this.#transfer?.find(signal)
  }

  #resultOf(stored: Omit<Stored, 'size'>): UploadResult {
    const { tracker, clock, source } = this.#job
    return {
      etag: undefined,
      checksum: undefined,
      versionId: undefined,
      location: undefined,
      downgraded: undefined,
      ...stored,
      key: this.#transfer?.key ?? '',
      size: source.size,
      bytesTransferred: tracker.transferred,
      bytesResumed: tracker.resumed,
      elapsed: clock.now() - this.#begun,
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
