import { DEFAULT_PART_BYTES, MIB } from '../protocol/limits.ts'
import { type PartPlan, partRange, plan } from '../protocol/part-plan.ts'
import type { DownloadResponse } from '../protocol/schemas.ts'
import { Activities } from './activity.ts'
import { Checkpoints } from './checkpoints.ts'
import { systemClock } from './clock.ts'
import type { Download, DownloadEvents, DownloadResult, DownloadSnapshot } from './download-events.ts'
import type { Begun, Held, Wanted } from './download-journal.ts'
import type { DownloadPorts, DownloadTarget, Receiving } from './download-ports.ts'
import { DownloadTracker } from './download-tracker.ts'
import { DownloadUrl } from './download-url.ts'
import { etagParts, verifyDownload } from './download-verify.ts'
import {
  AbortedError,
  ApiError,
  IntegrityError,
  ObjectChangedError,
  PartwayError,
  StoreError,
} from './errors.ts'
import { Emitter, type Listener } from './events.ts'
import { fixedLanes } from './fixed-lanes.ts'
import { apiContact, persist } from './persist.ts'
import type { ControlPlane, Lane, Lanes } from './ports.ts'
import { createRecovery } from './recovery.ts'
import { storeContact } from './retry.ts'
import { isStruggle } from './send-part.ts'
import type { Span } from './spans.ts'
import { callStore, type StoreCall, type StoreCallPorts } from './store-call.ts'
import { TIMING } from './timing.ts'
import { NO_WAKES } from './wakes.ts'
import { runInLanes } from './workers.ts'

const DEFAULT_CONCURRENCY = 6
/** An object that changes again and again is not an accident. */
const MAX_RESTARTS = 3
/** Ranges are parts, up to this size: with larger ones, lanes would be idle at the end. */
const MAX_RANGE_BYTES = 64 * MIB

export interface DownloadOptions {
  /** Ranges of this object under way at once, at most. @default as many as the client has lanes, which follow the goodput */
  readonly concurrency?: number | undefined
  /** Stops the download; what is there is kept. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Parallel ranged GETs, pinned to the object's ETag. What is on the disk is journaled; when all is there, it is compared, and takes its
 * name. There is never half a file under that name.
 * @throws {RangeError} where the concurrency is not a whole number of at least 1
 */
export function download(key: string, ports: DownloadPorts, options: DownloadOptions = {}): Download {
  return new DownloadRun(key, ports, options)
}

class DownloadRun implements Download {
  readonly result: Promise<DownloadResult>
  readonly #key: string
  readonly #ports: DownloadPorts
  readonly #keeping: StoreCallPorts
  readonly #api: ControlPlane
  readonly #lanes: Lanes
  readonly #emitter = new Emitter<DownloadEvents>()
  readonly #tracker: DownloadTracker
  readonly #activities: Activities
  #path: string | undefined
  #held: Held | undefined
  #error: Error | undefined

  constructor(key: string, ports: DownloadPorts, { concurrency, signal }: DownloadOptions) {
    const { clock = systemClock, random = Math.random, wakes = NO_WAKES } = ports
    const { recovery = createRecovery() } = ports
    const keeping = { clock, random, wakes, recovery, timing: { ...TIMING, ...ports.timing } }
    this.#key = key
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
        new AbortedError('The download was stopped; what is there is kept.', true, { cause: signal?.reason }),
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
      this.#tracker.take(error instanceof PartwayError && error.resumable ? 'stop' : 'fail')
      throw error
    } finally {
      this.#activities.end()
      signal?.removeEventListener('abort', onAbort)
    }
  }

  async #download(signal: AbortSignal): Promise<DownloadResult> {
    const begun = this.#keeping.clock.now()
    const answer = await this.#api.download({ key: this.#key }, signal)
    const target = await this.#ports.claim(answer)
    try {
      const result = await this.#untilWhole(answer, target, signal)
      return { ...result, elapsed: this.#keeping.clock.now() - begun }
    } catch (error) {
      if (isForNothing(error) || this.#held?.spans.bytes === 0) await target.drop().catch(() => {})
      throw error
    } finally {
      await target.close()
    }
  }

  async #untilWhole(
    first: DownloadResponse,
    target: DownloadTarget,
    signal: AbortSignal,
  ): Promise<Omit<DownloadResult, 'elapsed'>> {
    let answer = first
    let begun = await target.begin(wantedOf(answer))
    for (let restarts = 0; ; restarts++) {
      this.#announce(answer, target, begun)
      try {
        const verdict = await this.#receiveAll(answer, target, begun.held, signal)
        await target.finish()
        const { resumed: bytesResumed, transferred: bytesTransferred } = this.#tracker
        const { key, size, checksum } = answer
        return { key, path: target.path, size, checksum, ...verdict, bytesResumed, bytesTransferred }
      } catch (error) {
        if (!(error instanceof ObjectChangedError) || restarts === MAX_RESTARTS) throw error
        this.#tracker.take('plan')
        answer = await this.#api.download({ key: this.#key }, signal)
        begun = await target.restart(wantedOf(answer), 'the object has changed meanwhile')
      }
    }
  }

  #announce({ size }: DownloadResponse, { path }: DownloadTarget, { held, restarted }: Begun): void {
    const { bytes } = held.spans
    this.#held = held
    this.#path = path
    this.#tracker.begin(size, bytes)
    this.#emitter.emit('started', { path, size })
    if (restarted !== undefined) this.#emitter.emit('restarted', { reason: restarted })
    if (bytes > 0) this.#emitter.emit('resumed', { path, bytes, size })
  }

  async #receiveAll(
    answer: DownloadResponse,
    target: DownloadTarget,
    held: Held,
    signal: AbortSignal,
  ): Promise<Pick<DownloadResult, 'verified' | 'downgraded'>> {
    const { checksum } = answer
    const crc = checksum && {
      algorithm: checksum.algorithm,
      create: () => this.#ports.createCrc(checksum.algorithm),
    }
    const checkpoints = new Checkpoints(held, crc, target, this.#keeping.clock)
    const url = new DownloadUrl(this.#api, this.#keeping.clock, answer)
    const parts = answer.partCount === undefined ? undefined : etagParts(answer)
    const ranges = plan(answer.size, rangeSize(answer, parts))
    const missing = [...held.spans.missing(ranges)]
    const receive = async (range: Span, lane: Lane, signal: AbortSignal) => {
      const stretch = checkpoints.begin(range, isPart(range, parts) ? this.#ports.createMd5() : undefined)
      const onOpaque = () => {
        if (!held.opaque) checkpoints.note({ type: 'opaque' })
        held.opaque = true
      }
      try {
        await this.#receiveRange(
          { end: range.end, etag: answer.etag, stretch, onOpaque, pace: this.#ports.pace },
          url,
          lane,
          signal,
        )
      } finally {
        stretch.end()
      }
    }
    try {
      if (missing.length > 0) this.#tracker.take('send')
      await runInLanes(missing, this.#lanes, receive, signal)
      await checkpoints.settle()
    } catch (error) {
      // What is there counts. Why it stopped is the error, whatever the disk says now.
      await checkpoints.settle().catch(() => {})
      throw error
    }
    this.#tracker.take('complete')
    return verifyDownload(answer, held, (start, end) => target.md5(start, end, signal))
  }

  #receiveRange(
    range: Omit<Receiving, 'onProgress'>,
    url: DownloadUrl,
    lane: Lane,
    signal: AbortSignal,
  ): Promise<void> {
    const tracker = this.#tracker
    let current = ''
    return this.#activities.during((activity) => {
      const receiving: Receiving = {
        ...range,
        onProgress(bytes) {
          activity.moved()
          lane.moved(bytes)
          tracker.progress(bytes)
        },
      }
      const call: StoreCall<void> = {
        attempt: async (signal) => {
          current = await url.get(signal)
          await this.#ports.receive(receiving, current, this.#keeping, signal)
        },
        refused: () => url.refused(current),
        onRetry(delay, error) {
          activity.failed(error)
          if (isStruggle(error)) lane.struggled()
          tracker.retry(delay, error)
        },
        advanced: () => tracker.transferred,
      }
      return callStore(call, this.#keeping, signal)
    })
  }
}

function wantedOf({ key, etag, size, checksum }: DownloadResponse): Wanted {
  return { key, etag, size, ...(checksum && { algorithm: checksum.algorithm }) }
}

/** Whole parts, where their MD5s are wanted. */
function rangeSize({ partSize = DEFAULT_PART_BYTES }: DownloadResponse, parts: PartPlan | undefined): number {
  return parts?.partSize ?? Math.min(partSize, MAX_RANGE_BYTES)
}

function isPart({ start, end }: Span, parts: PartPlan | undefined): boolean {
  if (!parts) return false
  const part = partRange(parts, Math.floor(start / parts.partSize) + 1)
  return part.start === start && part.end === end
}

/** Whether what is there is of no use any more. */
function isForNothing(error: unknown): boolean {
  // Without S3's own code, it was somebody on the way who does not know the object.
  if (error instanceof StoreError) return error.status === 404 && error.code !== undefined
  if (error instanceof ApiError) return error.type === 'object-unknown'
  return error instanceof IntegrityError || error instanceof ObjectChangedError
}
