import { type Follower, follow } from './abort.ts'
import { beginTransfer, dropRemembered } from './begin.ts'
import { systemClock } from './clock.ts'
import { AbortedError, asPartwayError, type PartwayError, UploadGoneError } from './errors.ts'
import type { UploadResult, UploadSnapshot } from './events.ts'
import { Emitter, type Listener, type Upload, type UploadEvents } from './events.ts'
import type { Job, Stored, Transfer } from './job.ts'
import { apiContact, persist } from './persist.ts'
import type { Clock, ControlPlane, PartTransport, RecordStore, Release, Source, Wakes } from './ports.ts'
import { NO_RECORDS } from './records.ts'
import { storeContact } from './retry.ts'
import { Machine } from './states.ts'
import { TIMING, type Timing } from './timing.ts'
import { Tracker } from './tracker.ts'
import { NO_WAKES } from './wakes.ts'
import { checkConcurrency } from './workers.ts'

const DEFAULT_CONCURRENCY = 6
/** An upload that vanishes again and again is not an accident. */
const MAX_RESTARTS = 2

export interface UploadOptions {
  /** Parts under way at once. @default 6 in Node, 5 in browsers */
  readonly concurrency?: number | undefined
  /** In bytes, whole MiB from 5 MiB to 5 GiB. An upload that goes on keeps its own. @default 8 MiB, more where 10,000 parts would not do */
  readonly partSize?: number | undefined
  /** @default the source's own */
  readonly contentType?: string | undefined
  readonly metadata?: Readonly<Record<string, string>> | undefined
  /** Forgets and aborts an unfinished upload of this source, and begins anew. @default false */
  readonly restart?: boolean | undefined
  /** Stops the upload; the parts are kept. */
  readonly signal?: AbortSignal | undefined
}

/** What a platform wires. Clock, random and timing are for tests. */
export interface UploadPorts<Slice> {
  readonly controlPlane: ControlPlane
  readonly transport: PartTransport<Slice>
  readonly records: RecordStore
  /** @default none */
  readonly wakes?: Wakes
  readonly clock?: Clock
  readonly random?: () => number
  readonly timing?: Partial<Timing>
}

/**
 * Begins at once; goes on where an earlier upload of the same source stopped. Failures keep the parts.
 * @throws {RangeError} where the concurrency is not a whole number of at least 1
 */
export function upload<Slice>(
  source: Source<Slice>,
  ports: UploadPorts<Slice>,
  options: UploadOptions = {},
): Upload {
  return new UploadRun(source, ports, options)
}

const PAUSED = new AbortedError('The upload is paused.', true)

class UploadRun<Slice> implements Upload {
  readonly result: Promise<UploadResult>
  #job: Job<Slice>
  readonly #options: UploadOptions
  readonly #emitter = new Emitter<UploadEvents>()
  readonly #stop = new AbortController()
  readonly #begun: number
  readonly #machine = new Machine((change) => this.#emitter.emit('state', change))
  /** What a pause interrupts. */
  #active: Follower | undefined
  /** Ends the pause. */
  #wake: (() => void) | undefined
  #transfer: Transfer | undefined
  #error: PartwayError | undefined
  #cancelled: AbortedError | undefined

  constructor(source: Source<Slice>, ports: UploadPorts<Slice>, options: UploadOptions) {
    const { clock = systemClock, random = Math.random, wakes = NO_WAKES } = ports
    const emit: Job<Slice>['emit'] = (type, event) => this.#emitter.emit(type, event)
    const keeping = { clock, random, wakes, timing: { ...TIMING, ...ports.timing } }
    const tracker = new Tracker(clock, emit)
    this.#options = options
    this.#begun = clock.now()
    this.#job = {
      ...keeping,
      source,
      controlPlane: persist(
        ports.controlPlane,
        { ...keeping, contact: apiContact() },
        () => tracker.partsDone,
        (delay, error) => emit('retry', { delay, error }),
      ),
      contact: storeContact(),
      transport: ports.transport,
      records: ports.records,
      concurrency: checkConcurrency(options.concurrency ?? DEFAULT_CONCURRENCY),
      partSize: options.partSize,
      contentType: options.contentType ?? source.contentType,
      metadata: options.metadata,
      tracker,
      emit,
      enter: (event, signal) => {
        signal.throwIfAborted()
        this.#machine.take(event)
      },
    }
    this.result = this.#run()
    this.result.catch(() => {})
  }

  on<Type extends keyof UploadEvents>(type: Type, listener: Listener<UploadEvents[Type]>): () => void {
    return this.#emitter.on(type, listener)
  }

  snapshot(): UploadSnapshot {
    const { source, tracker } = this.#job
    return {
      state: this.#machine.state,
      waitingFor: undefined,
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
    if (!this.#machine.takes('pause')) return
    this.#machine.take('pause')
    this.#active?.abort(PAUSED)
  }

  resume(): void {
    if (this.#machine.state !== 'paused') return
    this.#machine.take(this.#transfer ? 'send' : 'plan')
    this.#wake?.()
  }

  async abort(): Promise<void> {
    if (!this.#machine.takes('abort')) return
    this.#cancelled = new AbortedError('The upload was cancelled.', false)
    if (this.#machine.state !== 'completing') this.#fail('abort', this.#cancelled)
    this.#halt(this.#cancelled)
    await this.result.catch(() => {})
    if (this.#machine.state === 'done') return
    const release = await this.#claimRecord()
    if (!release) return // Another upload goes on with these parts.
    try {
      await this.#drop(new AbortController().signal)
    } finally {
      await release()
    }
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
      const result = await this.#withRecord()
      this.#machine.take('finish')
      return result
    } catch (error) {
      const failure = this.#cancelled ?? asPartwayError(error, this.#job.source.name)
      this.#fail(this.#cancelled ? 'abort' : failure.resumable ? 'stop' : 'fail', failure)
      throw failure
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  /** Whoever hears how it ended can begin again at once: the record is free by then. */
  async #withRecord(): Promise<UploadResult> {
    const release = await this.#claimRecord()
    if (!release) this.#job = { ...this.#job, records: NO_RECORDS }
    try {
      return await this.#untilStored()
    } catch (error) {
      const result = this.#cancelled && this.#machine.state === 'completing' && (await this.#foundComplete())
      if (result) return result
      await this.#transfer?.keep()
      throw error
    } finally {
      await release?.()
    }
  }

  /** Complete may have been faster than the cancelling. */
  async #foundComplete(): Promise<UploadResult | undefined> {
    const transfer = this.#transfer
    const { signal } = new AbortController()
    await transfer?.abort(signal)
    const stored = await transfer?.find(signal)
    return transfer && stored && this.#end(transfer, stored)
  }

  #claimRecord(): Promise<Release | undefined> {
    const { records, controlPlane, source } = this.#job
    return records.claim(controlPlane.endpoint, source.id)
  }

  async #drop(signal: AbortSignal): Promise<void> {
    if (!this.#transfer) return dropRemembered(this.#job, signal)
    await this.#transfer.abort(signal)
    await this.#transfer.forget()
  }

  /** Each turn is the stretch between two pauses. */
  async #untilStored(): Promise<UploadResult> {
    for (;;) {
      await this.#unpaused()
      this.#active = follow(this.#stop.signal)
      const { signal, release } = this.#active
      try {
        signal.throwIfAborted()
        return await this.#transferAll(signal)
      } catch (error) {
        if (signal.reason !== PAUSED) throw error
      } finally {
        release()
      }
    }
  }

  async #transferAll(signal: AbortSignal): Promise<UploadResult> {
    const { emit } = this.#job
    if (this.#options.restart && !this.#transfer) await dropRemembered(this.#job, signal)
    for (let restarts = 0; ; restarts++) {
      this.#transfer ??= await beginTransfer(this.#job, signal)
      try {
        return await this.#end(this.#transfer, await this.#transfer.send(signal))
      } catch (error) {
        if (!(error instanceof UploadGoneError) || restarts === MAX_RESTARTS) throw error
        await this.#transfer.forget()
        this.#transfer = undefined
        this.#job.enter('plan', signal)
        emit('restarted', { reason: error.message })
      }
    }
  }

  async #end(transfer: Transfer, { size: _, ...stored }: Stored): Promise<UploadResult> {
    const { tracker, clock, source } = this.#job
    await transfer.forget()
    return {
      etag: undefined,
      checksum: undefined,
      versionId: undefined,
      location: undefined,
      ...stored,
      key: transfer.key,
      size: source.size,
      bytesTransferred: tracker.transferred,
      bytesResumed: tracker.resumed,
      elapsed: clock.now() - this.#begun,
    }
  }

  async #unpaused(): Promise<void> {
    while (this.#machine.state === 'paused' && !this.#stop.signal.aborted) {
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
    this.#machine.take(event)
  }
}
