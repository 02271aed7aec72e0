import { toBase64 } from '../checksums/base64.ts'
import { type PartPlan, partRange, plan } from '../protocol/part-plan.ts'
import type { Checksum, InitiateResponse, SingleUpload } from '../protocol/schemas.ts'
import { IntegrityError, NotPartwayError, SourceChangedError, StoreError } from './errors.ts'
import { canBeMd5 } from './etag.ts'
import { findObject } from './find.ts'
import type { Arrived, Job, Stored, Transfer } from './job.ts'
import type { Lane } from './ports.ts'
import { Proofs } from './proofs.ts'
import { sendPart } from './send-part.ts'
import { isRefusal } from './store-call.ts'
import { verifyArrival } from './verify.ts'

const PART_NUMBER = 1
/** How often a refused URL is replaced by initiating again. */
const MAX_REFUSALS = 3

/** A small file in one PUT, its checksum signed into the URL. There is nothing to resume, and nothing to abort. */
export class Single<Slice> implements Transfer {
  readonly #job: Job<Slice>
  readonly #plan: PartPlan
  readonly #checksum: Checksum | undefined
  readonly #proofs: Proofs
  readonly #initiate: (signal: AbortSignal) => Promise<InitiateResponse>
  #answer: SingleUpload

  /** @param initiate asks for another URL, under another key */
  constructor(
    job: Job<Slice>,
    answer: SingleUpload,
    checksum: Checksum | undefined,
    initiate: (signal: AbortSignal) => Promise<InitiateResponse>,
  ) {
    this.#job = job
    this.#plan = plan(job.source.size, Math.max(1, job.source.size))
    this.#checksum = checksum
    this.#proofs = new Proofs(this.#plan, checksum?.algorithm ?? 'CRC64NVME', job)
    this.#initiate = initiate
    this.#answer = answer
    job.tracker.begin(this.#plan)
    this.#announce()
  }

  get key(): string {
    return this.#answer.key
  }

  get partSize(): undefined {
    return undefined
  }

  async abort(): Promise<void> {}

  async find(signal: AbortSignal): Promise<Stored | undefined> {
    const found = await findObject(this.#job.controlPlane, this.#answer, signal)
    return found && this.#compare(found, signal)
  }

  async send(signal: AbortSignal): Promise<Stored> {
    const { tracker, lanes } = this.#job
    this.#job.enter('send', signal)
    tracker.startRate()
    const lane = await lanes.acquire(signal)
    try {
      const stored = await this.#put(lane, signal)
      await this.#verify(signal)
      tracker.acknowledge(PART_NUMBER)
      return stored
    } catch (error) {
      tracker.lost(PART_NUMBER)
      throw error
    } finally {
      lane.release()
    }
  }

  /** 412 says that an earlier try arrived, though its answer did not; and before a refused URL is replaced, it may have. */
  async #put(lane: Lane, signal: AbortSignal): Promise<Stored> {
    let isSecondTry = false
    for (let refusals = 1; ; refusals++) {
      try {
        const stored = await this.#putOnce(lane, signal)
        if (isSecondTry || this.#proofs.opaque || !isDoubtful(stored)) return stored
        isSecondTry = true
        await this.#sendAnew(signal)
      } catch (error) {
        const refused = isRefusal(error)
        if (!refused && !(error instanceof StoreError && error.status === 412)) throw error
        const stored = await this.find(signal)
        if (stored) return stored
        if (refusals === MAX_REFUSALS) throw error
        await this.#signAgain(signal)
      }
    }
  }

  async #putOnce(lane: Lane, signal: AbortSignal): Promise<Stored> {
    const ports = {
      job: this.#job,
      proofs: this.#proofs,
      sign: async () => this.#answer,
      verify: () => this.#verify(signal),
    }
    const { etag, checksum: value } = await sendPart(partRange(this.#plan, PART_NUMBER), ports, lane, signal)
    const checksum = this.#checksum && value ? ({ ...this.#checksum, value } as Checksum) : undefined
    return this.#compare({ size: this.#plan.size, etag, checksum }, signal)
  }

  /** By the checksum, or the ETag where the store does not tell one. */
  async #compare(arrived: Arrived, signal: AbortSignal): Promise<Stored> {
    const { size } = this.#plan
    const verified = verifyArrival(arrived, { size, checksum: this.#checksum }, 'in the store')
    if (verified === 'checksum') return { ...arrived, verified }
    const { etag = '' } = arrived
    const isSame = canBeMd5(etag) && (await this.#job.source.md5(0, size, signal)) === etag
    const downgraded = 'The store did not tell the checksum of what it has.'
    return { ...arrived, verified: isSame ? 'etag' : 'size', downgraded }
  }

  /** A source that was touched has to be what was read for the checksum. */
  async #verify(signal: AbortSignal): Promise<void> {
    const { source } = this.#job
    if ((await source.verify()) === 'same' || !this.#checksum) return
    const { algorithm, value } = this.#checksum
    if (toBase64(await source.crc(algorithm, 0, this.#plan.size, signal)) === value) return
    throw new SourceChangedError(
      `Expected ${source.name} as it was when its upload began, got other bytes. Upload it again.`,
    )
  }

  /** Under another key: what stands at this one cannot be replaced. */
  async #sendAnew(signal: AbortSignal): Promise<void> {
    const error = new IntegrityError(
      `Expected the store to have ${this.#job.source.name} as it was read here, got other bytes. It is sent again.`,
    )
    this.#job.tracker.lost(PART_NUMBER)
    this.#job.emit('retry', { partNumber: PART_NUMBER, delay: 0, error })
    await this.#signAgain(signal)
  }

  async #signAgain(signal: AbortSignal): Promise<void> {
    const answer = await this.#initiate(signal)
    if (answer.kind !== 'single') {
      throw new NotPartwayError(
        `Expected another URL for a single PUT, got an upload of ${answer.partCount} parts.`,
      )
    }
    this.#answer = answer
    this.#announce()
  }

  #announce(): void {
    const { size, partCount } = this.#plan
    this.#job.emit('initiated', { key: this.key, partSize: size, partCount })
  }
}

/** An ETag that is not the MD5 of what was sent: other bytes have arrived, or ETags are no MD5s here. A second try tells. */
function isDoubtful({ verified, etag = '' }: Stored): boolean {
  return verified === 'size' && canBeMd5(etag)
}
