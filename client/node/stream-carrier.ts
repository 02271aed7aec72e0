import { MAX_PART_BYTES } from '../../protocol/limits.ts'
import { initiate } from '../begin.ts'
import { NotPartwayError, type PartwayError } from '../errors.ts'
import type { Job, Stored, Transfer } from '../job.ts'
import type { Carrying } from '../late-carrier.ts'
import type { Journal } from '../ports.ts'
import type { FileSlice } from './source.ts'
import { endOfStream } from './stream-errors.ts'
import type { StreamSource } from './stream-source.ts'
import { StreamTransfer } from './stream-transfer.ts'

/** Who waits for a stream to be dropped waits so long. */
const DROP_MS = 10_000

/** Carries a stream to the store: one that ends within a part in one PUT, any other in parts. */
export class StreamCarrier implements Carrying<FileSlice> {
  transfer: Transfer | undefined
  readonly #source: StreamSource
  readonly #workers: number
  /** The first part is read. */
  #first: number | undefined

  constructor(source: StreamSource, workers: number) {
    this.#source = source
    this.#workers = workers
  }

  /** May be called again after a pause. */
  async carry(job: Job<FileSlice>, _: Journal, signal: AbortSignal): Promise<Stored> {
    this.transfer ??= await this.#begin(job, signal)
    return this.transfer.send(signal)
  }

  async foundComplete(): Promise<Stored | undefined> {
    const { signal } = new AbortController()
    await this.transfer?.abort(signal)
    return this.transfer?.find(signal)
  }

  /** There is nobody who could go on with it. */
  async failed(error: PartwayError): Promise<PartwayError> {
    if (this.transfer?.partSize === undefined) return endOfStream(error, 'none')
    const isDropped = await this.transfer.abort(AbortSignal.timeout(DROP_MS)).then(
      () => true,
      () => false,
    )
    return endOfStream(error, isDropped ? 'dropped' : 'kept')
  }

  async #begin(job: Job<FileSlice>, signal: AbortSignal): Promise<Transfer> {
    const source = this.#source
    const { partSize } = source.plan
    this.#first ??= await source.next(signal)
    if (!(await source.hasMore(signal))) return initiate(job, partSize, signal, MAX_PART_BYTES)
    const { contentType, metadata } = job
    const upload = await job.controlPlane.initiate(
      {
        fileName: source.name,
        ...{ size: source.size, partSize, checksumAlgorithm: job.checksum },
        ...(contentType && { contentType }),
        ...(metadata && { metadata: { ...metadata } }),
      },
      signal,
    )
    if (upload.kind === 'single') {
      throw new NotPartwayError('Expected an upload in parts, got one URL for all of it.')
    }
    job.emit('initiated', { key: upload.key, partSize, partCount: source.plan.partCount })
    return new StreamTransfer(job, source, upload, [this.#first ?? 1], this.#workers)
  }
}
