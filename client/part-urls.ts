import type { CrcAlgorithm } from '../checksums/crc.ts'
import type { PartPlan, PartRange } from '../protocol/part-plan.ts'
import type { SignedPart, SignedParts } from '../protocol/schemas.ts'
import type { UploadId } from './control-plane.ts'
import type { Job } from './job.ts'
import type { SealedUrls } from './sealed-urls.ts'
import { SignedUrls } from './signed-urls.ts'

/** How one part gets its URLs, a try at a time. */
export interface PartSigning {
  /** Of the part's bytes, where it is signed into its URLs. */
  readonly crc: Uint8Array | undefined
  sign(signal: AbortSignal): Promise<SignedPart>
  refused(signed: SignedPart): void
}

/** Where the URLs of an upload's parts come from: windows of them; or one each, with the part's checksum signed in. */
export class PartUrls<Slice> {
  readonly #job: Job<Slice>
  readonly #upload: UploadId
  readonly #plan: PartPlan
  readonly #windows: SignedUrls
  #sealed: SealedUrls | undefined

  constructor(job: Job<Slice>, upload: UploadId, plan: PartPlan) {
    const { controlPlane, tracker, clock, lanes } = job
    this.#job = job
    this.#upload = upload
    this.#plan = plan
    this.#windows = new SignedUrls({
      ...{ plan, clock, lanes: lanes.max },
      presign: (from, to, signal) => controlPlane.presign(upload, { from, to }, signal),
      rate: () => tracker.rate(),
      isDone: (partNumber) => tracker.isDone(partNumber),
    })
  }

  /** Takes what initiate brought along. */
  add(signed: SignedParts): void {
    this.#windows.add(signed)
  }

  /** Signs what will most likely be sent first, while something else is asked. Whether it fails shows to whoever needs it. */
  async signAhead(partNumber: number, signal: AbortSignal): Promise<void> {
    if (partNumber > this.#plan.partCount || this.#job.integrity === 'signed') return
    await this.#windows.sign(partNumber, signal).catch(() => {})
  }

  /** @param algorithm to be signed; `undefined` where the store turned out to keep no checksums */
  async signing(
    { partNumber, start, end }: PartRange,
    algorithm: CrcAlgorithm | undefined,
    signal: AbortSignal,
  ): Promise<PartSigning> {
    const sealed = algorithm && (await this.#seal(algorithm))
    const crc = sealed && (await this.#job.source.crc(algorithm, start, end, signal))
    return {
      crc,
      sign: (signal) =>
        sealed && crc ? sealed.get(partNumber, crc, signal) : this.#windows.get(partNumber, signal),
      refused: (signed) => this.#windows.refuse(signed),
    }
  }

  async #seal(algorithm: CrcAlgorithm): Promise<SealedUrls | undefined> {
    const { integrity, controlPlane, extras } = this.#job
    if (integrity !== 'signed') return undefined
    const { SealedUrls } = await extras()
    this.#sealed ??= new SealedUrls(this.#plan, algorithm, (parts, checksums, signal) =>
      controlPlane.presign(this.#upload, parts, signal, checksums),
    )
    return this.#sealed
  }

  /** The part is done. */
  forget(partNumber: number): void {
    this.#windows.forget(partNumber)
  }
}
