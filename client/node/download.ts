import { type Crc, createCrc } from '../../checksums/crc.ts'
import { DEFAULT_PART_BYTES } from '../../protocol/limits.ts'
import { type PartPlan, partRange, plan } from '../../protocol/part-plan.ts'
import type { Checksum, DownloadResponse } from '../../protocol/schemas.ts'
import { systemClock } from '../clock.ts'
import type { PartwayError } from '../errors.ts'
import { Emitter, type Listener } from '../events.ts'
import type { Clock, ControlPlane, Wakes } from '../ports.ts'
import { createRate, eta, type Rate } from '../rate.ts'
import { storeContact } from '../retry.ts'
import { callStore, type StoreCallPorts } from '../store-call.ts'
import { TIMING, type Timing } from '../timing.ts'
import { verifyArrival } from '../verify.ts'
import { NO_WAKES } from '../wakes.ts'
import { wholeCrc } from '../whole-crc.ts'
import { runWorkers } from '../workers.ts'
import { Blocks } from './blocks.ts'
import { pathFor } from './download-path.ts'
import { DownloadUrl } from './download-url.ts'
import type { Connections } from './http.ts'
import { type Receiving, receive } from './receive.ts'
import { openTarget, type Target } from './target.ts'

const DEFAULT_CONCURRENCY = 6

export interface DownloadOptions {
  /** A file, or a folder that exists. @default the object's own file name, in the current folder */
  readonly output?: string | undefined
  /** Whether a file of that name may be replaced. @default false */
  readonly replace?: boolean | undefined
  /** Ranges under way at once. @default 6 */
  readonly concurrency?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** A download under way. One that fails leaves nothing behind; begun again, it starts over. */
export interface Download {
  /** Rejects with a {@link PartwayError}, or the file system's error. */
  readonly result: Promise<DownloadResult>
  /** @returns removes the listener */
  on<Type extends keyof DownloadEvents>(type: Type, listener: Listener<DownloadEvents[Type]>): () => void
  snapshot(): DownloadSnapshot
}

export interface DownloadEvents {
  started: { readonly path: string; readonly size: number }
  progress: { readonly bytesReceived: number; readonly size: number }
  retry: { readonly delay: number; readonly error: PartwayError }
}

export interface DownloadSnapshot {
  readonly bytesReceived: number
  /** `undefined` until the API has said. */
  readonly size: number | undefined
  /** Bytes per second. */
  readonly rate: number | undefined
  /** Seconds. */
  readonly eta: number | undefined
}

export interface DownloadResult {
  readonly key: string
  /** Absolute. */
  readonly path: string
  readonly size: number
  readonly checksum: Checksum | undefined
  /** What was compared between what the store holds and what was written here. */
  readonly verified: 'checksum' | 'size'
  /** Milliseconds. */
  readonly elapsed: number
}

export interface DownloadPorts {
  readonly api: ControlPlane
  readonly connections: Connections
  readonly clock?: Clock
  readonly random?: () => number
  readonly timing?: Partial<Timing>
  readonly wakes?: Wakes
}

/**
 * Parallel ranged GETs, pinned to the object's ETag, into a part file of this run alone; then the checksum is compared, the file is synced and
 * takes its name. There is never half a file under the final name.
 */
export function download(key: string, ports: DownloadPorts, options: DownloadOptions = {}): Download {
  return new DownloadRun(key, ports, options)
}

class DownloadRun implements Download {
  readonly result: Promise<DownloadResult>
  readonly #emitter = new Emitter<DownloadEvents>()
  readonly #ports: Required<Omit<DownloadPorts, 'timing'>> & StoreCallPorts
  readonly #options: DownloadOptions
  #size: number | undefined
  #bytesReceived = 0
  #rate: Rate | undefined

  constructor(key: string, ports: DownloadPorts, options: DownloadOptions) {
    this.#ports = {
      ...{ clock: systemClock, random: Math.random, wakes: NO_WAKES, contact: storeContact() },
      ...ports,
      timing: { ...TIMING, ...ports.timing },
    }
    this.#options = options
    this.result = this.#run(key, options.signal ?? new AbortController().signal)
    this.result.catch(() => {})
  }

  on<Type extends keyof DownloadEvents>(type: Type, listener: Listener<DownloadEvents[Type]>): () => void {
    return this.#emitter.on(type, listener)
  }

  snapshot(): DownloadSnapshot {
    const rate = this.#rate?.at(this.#ports.clock.now())
    const remaining = this.#size === undefined ? undefined : this.#size - this.#bytesReceived
    return {
      bytesReceived: this.#bytesReceived,
      size: this.#size,
      rate,
      eta: remaining === undefined ? undefined : eta(remaining, rate),
    }
  }

  async #run(key: string, signal: AbortSignal): Promise<DownloadResult> {
    const { api, clock } = this.#ports
    const begun = clock.now()
    const answer = await api.download({ key }, signal)
    const { size, fileName, checksum } = answer
    const path = await pathFor(this.#options.output, fileName)
    const target = await openTarget(path, this.#options.replace ?? false)
    try {
      this.#size = size
      this.#rate = createRate(clock.now(), 0)
      this.#emitter.emit('started', { path, size })
      const ranges = plan(size, answer.partSize ?? DEFAULT_PART_BYTES)
      const received = await this.#receiveAll(answer, ranges, target, signal)
      const verified = verifyArrival(
        { size: this.#bytesReceived, checksum: received },
        { size, checksum },
        'on the disk',
      )
      await target.finish()
      return { key, path, size, checksum, verified, elapsed: clock.now() - begun }
    } finally {
      await target.close()
    }
  }

  /** @returns the checksum of what was written, by the object's own algorithm; `undefined` where it has none */
  async #receiveAll(
    answer: DownloadResponse,
    ranges: PartPlan,
    target: Target,
    signal: AbortSignal,
  ): Promise<Checksum | undefined> {
    const { api, clock } = this.#ports
    const algorithm = answer.checksum?.algorithm
    const crcs = new Map<number, Uint8Array>()
    const url = new DownloadUrl(api, clock, answer)
    const ports = { ...this.#ports, target, blocks: new Blocks() }

    const receiveRange = async (partNumber: number, signal: AbortSignal) => {
      const crc: Crc | undefined = algorithm && createCrc(algorithm)
      const range = partRange(ranges, partNumber)
      const receiving: Receiving = {
        range,
        etag: answer.etag,
        crc,
        received: 0,
        onProgress: (bytes) => this.#progress(bytes),
      }
      if (range.size > 0) await this.#receiveRange(receiving, url, ports, signal)
      if (crc) crcs.set(partNumber, crc.digest())
    }

    const partNumbers = Array.from({ length: ranges.partCount }, (_, index) => index + 1)
    await runWorkers(partNumbers, this.#options.concurrency ?? DEFAULT_CONCURRENCY, receiveRange, signal)
    return algorithm && wholeCrc(algorithm, ranges, crcs)
  }

  async #receiveRange(
    receiving: Receiving,
    url: DownloadUrl,
    ports: Parameters<typeof receive>[2],
    signal: AbortSignal,
  ): Promise<void> {
    let current = ''
    await callStore(
      {
        attempt: async (signal) => {
          current = await url.get(signal)
          await receive(receiving, current, ports, signal)
        },
        refused: () => url.refused(current),
        onRetry: (delay, error) => this.#emitter.emit('retry', { delay, error }),
        advanced: () => this.#bytesReceived,
      },
      this.#ports,
      signal,
    )
  }

  #progress(bytes: number): void {
    this.#bytesReceived += bytes
    this.#rate?.add(this.#ports.clock.now(), this.#bytesReceived)
    this.#emitter.emit('progress', { bytesReceived: this.#bytesReceived, size: this.#size ?? 0 })
  }
}
