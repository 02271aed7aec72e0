import type { PartPlan } from '../protocol/part-plan.ts'
import type { DownloadResponse } from '../protocol/schemas.ts'
import { Activities } from './activity.ts'
import { type ByteRange, checkRange } from './byte-range.ts'
import { systemClock } from './clock.ts'
import type { Download, DownloadEvents, DownloadResult, DownloadSnapshot } from './download-events.ts'
import { type Begun, type Held, type Wanted, wantedOf } from './download-journal.ts'
import type { DownloadPorts, DownloadTarget } from './download-ports.ts'
import { receiveMissing } from './download-receive.ts'
import { DownloadTracker } from './download-tracker.ts'
import { etagParts, verifyDownload } from './download-verify.ts'
import {
  AbortedError,
  ApiError,
  IntegrityError,
  ObjectChangedError,
  PartwayError,
  RangeNotSatisfiableError,
  StoreError,
} from './errors.ts'
import { Emitter, type Listener } from './events.ts'
import { fixedLanes } from './fixed-lanes.ts'
import { apiContact, type PersistentPlane, persist } from './persist.ts'
import type { Lanes } from './ports.ts'
import { createRecovery } from './recovery.ts'
import { storeContact } from './retry.ts'
import type { StoreCallPorts } from './store-call.ts'
import { TIMING } from './timing.ts'
import { NO_WAKES } from './wakes.ts'

const DEFAULT_CONCURRENCY = 6
/** Why what has arrived is given up, and how often: what happens again and again is no accident. */
const RESTARTS = [
  { on: ObjectChangedError, most: 3, reason: 'the object has changed meanwhile' },
  { on: IntegrityError, most: 1, reason: 'what is there is not what the store holds' },
]

export interface DownloadOptions {
  /** Of the object's bytes, these alone. Of a range, the store tells no checksum: its size is what is compared. @default all of them */
  readonly range?: ByteRange | undefined
  /** Ranges of this object under way at once, at most. @default as many as the client has lanes, which follow the goodput */
  readonly concurrency?: number | undefined
  /** Stops the download; what is there is kept. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Parallel ranged GETs, pinned to the object's ETag. What is on the disk is journaled; when all is there, it is compared, and takes its
 * name. There is never half a file under that name.
 * @throws {RangeError} where the concurrency is not a whole number of at least 1, or the range is none
 */
export function download(key: string, ports: DownloadPorts, options: DownloadOptions = {}): Download {
  return new DownloadRun(key, ports, options)
}

class DownloadRun implements Download {
  readonly result: Promise<DownloadResult>
  readonly #key: string
  readonly #range: ByteRange | undefined
  readonly #ports: DownloadPorts
  readonly #keeping: StoreCallPorts
  readonly #api: PersistentPlane
  readonly #lanes: Lanes
  readonly #emitter = new Emitter<DownloadEvents>()
  readonly #tracker: DownloadTracker
  readonly #activities: Activities
  #path: string | undefined
  #held: Held | undefined
  #error: Error | undefined

  constructor(key: string, ports: DownloadPorts, { range, concurrency, signal }: DownloadOptions) {
    if (range) checkRange(range)
    const { clock = systemClock, random = Math.random, wakes = NO_WAKES } = ports
    const { recovery = createRecovery() } = ports
    const keeping = { clock, random, wakes, recovery, timing: { ...TIMING, ...ports.timing } }
    this.#key = key
    this.#range = range
    this.#ports = ports
    this.#keeping = { ...keeping, contact: storeContact() }
    this.#lanes = ports.lanes?.share(concurrency) ?? fixedLanes(concurrency ?? DEFAULT_CONCURRENCY)
    this.#tracker = new DownloadTracker(clock, (type, event) => this.#emitter.emit(type, event))
    this.#activities = new Activities(wakes, ports.api.waits, (wait) => this.#tracker.waits(wait))
    this.#api = persist(
      ports.api,
      { ...keeping, contact: apiContact() },
      this.#activities,
      () => this.#tracker.transferred,
      (delay, error) => this.#tracker.retry(delay, error),
    )
    this.result = this.#run(signal)
    this.result.catch(() => {})
  }

  on<Type extends keyof DownloadEvents>(type: Type, listener: Listener<DownloadEvents[Type]>): () => void {
    return this.#emitter.on(type, listener)
  }

  snapshot(): DownloadSnapshot {
    const tracker = this.#tracker
    return {
      state: tracker.state,
      waitingFor: tracker.waitingFor,
      path: this.#path,
      bytesReceived: tracker.received,
      bytesResumed: tracker.resumed,
      size: tracker.size,
      rate: tracker.rate(),
      eta: tracker.eta(),
      retries: tracker.retries,
      error: this.#error,
    }
  }

  async #run(signal: AbortSignal | undefined): Promise<DownloadResult> {
    const stop = new AbortController()
    const onAbort = () =>
      stop.abort(
        this.#ports.passing
          ? new AbortedError('The download was stopped.', false, { cause: signal?.reason })
          : new AbortedError('The download was stopped; what is there is kept.', true, {
              cause: signal?.reason,
            }),
      )
    if (signal?.aborted) onAbort()
    else signal?.addEventListener('abort', onAbort, { once: true })
    try {
      await null // Listeners are added first.
      const result = await this.#download(stop.signal)
      this.#tracker.take('finish')
      return result
    } catch (error) {
      this.#error = error instanceof Error ? error : new Error(String(error))
      this.#tracker.take(
        error instanceof PartwayError && error.resumable && !this.#ports.passing ? 'stop' : 'fail',
      )
      throw error
    } finally {
      this.#activities.end()
      signal?.removeEventListener('abort', onAbort)
    }
  }

  async #download(signal: AbortSignal): Promise<DownloadResult> {
    const begun = this.#keeping.clock.now()
    const answer = await this.#api.download({ key: this.#key }, signal)
    const wanted = wantedOf(answer, this.#range)
    const target = await this.#ports.claim(answer)
    try {
      const result = await this.#untilWhole({ answer, wanted }, target, signal)
      return { ...result, elapsed: this.#keeping.clock.now() - begun }
    } catch (error) {
      if (isForNothing(error) || this.#held?.spans.bytes === 0) await target.drop().catch(() => {})
      throw error
    } finally {
      await target.close()
    }
  }

  async #untilWhole(
    first: Order,
    target: DownloadTarget,
    signal: AbortSignal,
  ): Promise<Omit<DownloadResult, 'elapsed'>> {
    let order = first
    let begun = await target.begin(order.wanted, partsOf(order))
    const left = new Map(RESTARTS.map((restart) => [restart, restart.most]))
    for (;;) {
      this.#announce(order.wanted, target, begun)
      try {
        const verdict = await this.#receiveAll(order, target, begun.held, signal)
        await target.finish(signal)
        const { resumed: bytesResumed, transferred: bytesTransferred } = this.#tracker
        const { answer, wanted } = order
        const { key, size, range, etag } = wanted
        const { path } = target
        return {
          key,
          path,
          size,
          range,
          etag,
          checksum: answer.checksum,
          ...verdict,
          bytesResumed,
          bytesTransferred,
        }
      } catch (error) {
        const restart = RESTARTS.find(({ on }) => error instanceof on)
        const times = restart ? (left.get(restart) ?? 0) : 0
        if (!restart || times === 0 || target.canRestart === false) throw error
        left.set(restart, times - 1)
        this.#tracker.take('plan')
        const answer = await this.#api.download({ key: this.#key }, signal)
        order = { answer, wanted: wantedOf(answer, this.#range) }
        begun = await target.restart(order.wanted, restart.reason, partsOf(order))
      }
    }
  }

  #announce({ size }: Wanted, { path }: DownloadTarget, { held, restarted }: Begun): void {
    const { bytes } = held.spans
    this.#held = held
    this.#path = path
    this.#tracker.begin(size, bytes)
    this.#emitter.emit('started', { path, size })
    if (restarted !== undefined) this.#emitter.emit('restarted', { reason: restarted })
    if (bytes > 0) this.#emitter.emit('resumed', { path, bytes, size })
  }

  async #receiveAll(
    { answer, wanted }: Order,
    target: DownloadTarget,
    held: Held,
    signal: AbortSignal,
  ): Promise<Pick<DownloadResult, 'verified' | 'downgraded'>> {
    const [ports, keeping, api, lanes] = [this.#ports, this.#keeping, this.#api, this.#lanes]
    const [tracker, activities] = [this.#tracker, this.#activities]
    await receiveMissing(
      { answer, wanted, target, held, ports, keeping, api, lanes, tracker, activities },
      signal,
    )
    tracker.take('complete')
    const where = ports.passing ? 'in the output' : 'on the disk'
    return verifyDownload(answer, wanted, held, where, (start, end) => target.md5(start, end, signal))
  }
}

/** An object as it is now, and what of it is to be received. */
interface Order {
  readonly answer: DownloadResponse
  readonly wanted: Wanted
}

/** Whose MD5s are compared with the ETag. */
function partsOf({ answer, wanted }: Order): PartPlan | undefined {
  return wanted.range ? undefined : etagParts(answer)
}

/** Whether what is there is of no use any more. */
function isForNothing(error: unknown): boolean {
  // Without S3's own code, it was somebody on the way who does not know the object.
  if (error instanceof StoreError) return error.status === 404 && error.code !== undefined
  if (error instanceof ApiError) return error.type === 'object-unknown'
  return (
    error instanceof IntegrityError ||
    error instanceof ObjectChangedError ||
    error instanceof RangeNotSatisfiableError
  )
}
