import { toBase64 } from '../checksums/base64.ts'
import type { CrcAlgorithm } from '../checksums/crc.ts'
import { type PartPlan, partRange, plan } from '../protocol/part-plan.ts'
import type { Checksum, SignedPart, SignedParts, StoredPart } from '../protocol/schemas.ts'
import type { PartwayError } from './errors.ts'
import type { Job } from './job.ts'
import type { UploadRecord } from './ports.ts'
import { putUntilStored } from './put.ts'
import { RecordKeeper } from './records.ts'
import { weighParts } from './resume.ts'
import { SignedUrls } from './signed-urls.ts'
import { wholeCrc } from './whole-crc.ts'
import { runWorkers } from './workers.ts'

/** The parts of one upload: which of them the store has acknowledged, with what CRC, and how the others get there. */
export class Parts<Slice> {
  readonly plan: PartPlan
  readonly #job: Job<Slice>
  /** The store's; `undefined` where it computes none. */
  readonly #stored: CrcAlgorithm | undefined
  /** Of what is sent, as it is read; `undefined` where nothing computes it. */
  readonly #algorithm: CrcAlgorithm | undefined
  readonly #urls: SignedUrls
  readonly #keeper: RecordKeeper
  readonly #crcs = new Map<number, Uint8Array>()
  /** Held by the store, and to be read here before they count. */
  #unremembered = new Map<number, StoredPart>()

  /** @param signed what initiate brought along */
  constructor(job: Job<Slice>, record: UploadRecord, signed?: SignedParts) {
    const { size, partSize, checksumAlgorithm } = record
    this.plan = plan(size, partSize)
    this.#job = job
    this.#stored = checksumAlgorithm === 'NONE' ? undefined : checksumAlgorithm
    this.#algorithm = job.transport.computesCrc ? this.#stored : undefined
    const presign = (from: number, to: number, signal: AbortSignal) =>
      job.controlPlane.presign(record, { from, to }, signal)
    this.#urls = new SignedUrls(this.plan, presign, job.clock)
    if (signed) this.#urls.add(signed)
    this.#keeper = new RecordKeeper(job.records, job.clock, record, (error) =>
      job.emit('unrecorded', { error }),
    )
    job.tracker.begin(this.plan)
  }

  /** Writes down what is acknowledged. */
  keep(): Promise<void> {
    return this.#keeper.save()
  }

  /** Forgets what was written down. */
  forget(): Promise<void> {
    return this.#keeper.remove()
  }

  /** The whole object's; `undefined` where that of a part is not known. */
  checksum(): Checksum | undefined {
    return this.#algorithm && wholeCrc(this.#algorithm, this.plan, this.#crcs)
  }

  /**
   * Counts what the store holds already.
   * @returns how many parts, and bytes, that is
   */
  recall(stored: readonly StoredPart[], remembered: UploadRecord['parts']): { parts: number; bytes: number } {
    const { counted, unremembered } = weighParts(this.plan, stored, remembered)
    for (const [partNumber, { crc }] of counted) if (crc) this.#crcs.set(partNumber, crc)
    this.#unremembered = new Map(unremembered)
    this.#job.tracker.recall(counted.keys(), unremembered.keys())

    const held = [...counted.keys(), ...unremembered.keys()]
    const bytes = held.reduce((sum, partNumber) => sum + partRange(this.plan, partNumber).size, 0)
    return { parts: held.length, bytes }
  }

  /** Sends whatever the store has not acknowledged; what has only to be read comes last, so that the link is never idle. */
  async sendPending(signal: AbortSignal): Promise<void> {
    const { tracker, concurrency } = this.#job
    const pending = [...tracker.pending()]
    const unsent = pending.filter((partNumber) => !this.#unremembered.has(partNumber))
    const unchecked = pending.filter((partNumber) => this.#unremembered.has(partNumber))
    tracker.startRate()
    const work = (partNumber: number, signal: AbortSignal) => this.#settle(partNumber, signal)
    await runWorkers([...unsent, ...unchecked], concurrency, work, signal)
  }

  /** These have to be sent again. */
  lose(partNumbers: readonly number[]): void {
    for (const partNumber of partNumbers) {
      this.#unremembered.delete(partNumber)
      this.#job.tracker.lost(partNumber)
    }
  }

  /** Those that the store holds with another CRC than what was read here. */
  mismatched(stored: readonly StoredPart[]): number[] {
    return stored.flatMap(({ partNumber, checksum }) => {
      const crc = this.#crcs.get(partNumber)
      return crc && checksum && toBase64(crc) !== checksum.value ? [partNumber] : []
    })
  }

  async #settle(partNumber: number, signal: AbortSignal): Promise<void> {
    const { tracker } = this.#job
    const stored = this.#unremembered.get(partNumber)
    if (stored && (await this.#isWhatWeRead(stored, signal))) {
      return tracker.done(partNumber, { resumed: true })
    }
    if (stored) tracker.lost(partNumber)
    await this.#send(partNumber, signal)
  }

  /** Reads a part that the store holds, rather than sending it again. Of the right size is not enough: it may be another file's. */
  async #isWhatWeRead({ partNumber, etag, checksum }: StoredPart, signal: AbortSignal): Promise<boolean> {
    if (!checksum || checksum.algorithm !== this.#stored) return false
    const { source } = this.#job
    const { start, end } = partRange(this.plan, partNumber)
    const crc = await source.crc(checksum.algorithm, start, end, signal)
    if (checksum.value !== toBase64(crc)) return false
    await source.verify()
    this.#crcs.set(partNumber, crc)
    this.#keeper.acknowledge(partNumber, etag, crc)
    return true
  }

  async #send(partNumber: number, signal: AbortSignal): Promise<void> {
    const { source, tracker, emit } = this.#job
    const { start, end, size } = partRange(this.plan, partNumber)
    const put = {
      body: source.slice(start, end),
      size,
      crc: this.#algorithm,
      sign: async (signal: AbortSignal) => {
        tracker.sending(partNumber)
        return this.#urls.get(partNumber, signal)
      },
      refused: (signed: SignedPart) => this.#urls.refuse(signed),
      verify: () => source.verify(),
      onProgress: (bytes: number) => tracker.progress(partNumber, bytes),
      onRetry(delay: number, error: PartwayError) {
        tracker.waiting(partNumber)
        emit('retry', { partNumber, delay, error })
      },
      advanced: () => tracker.partsDone,
    }
    try {
      const { etag, crc } = await putUntilStored(put, this.#job, signal)
      // What was read from a changed file must not be remembered: once the old file is back, it would count.
      await source.verify()
      if (crc) this.#crcs.set(partNumber, crc)
      this.#keeper.acknowledge(partNumber, etag, crc)
      this.#urls.forget(partNumber)
      tracker.done(partNumber)
    } catch (error) {
      tracker.lost(partNumber)
      throw error
    }
  }
}
