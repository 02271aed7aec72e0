import { toBase64 } from '../checksums/base64.ts'
import { type PartPlan, type PartRange, partRange, plan } from '../protocol/part-plan.ts'
import type { Checksum, ListPartsResponse, SignedParts } from '../protocol/schemas.ts'
import type { Job } from './job.ts'
import type { JournaledPart, Replayed } from './journal.ts'
import { journalTouch } from './ledger.ts'
import { PartUrls } from './part-urls.ts'
import type { JournaledUpload, Lane, PutResponse } from './ports.ts'
import { type Proof, Proofs } from './proofs.ts'
import { type Held, readAgain } from './read-again.ts'
import { proofOf, weighParts } from './resume.ts'
import { sendPart } from './send-part.ts'
import { runInLanes } from './workers.ts'

type Sent = Proof & Pick<PutResponse, 'sourceIsSame'>

/** The parts of one upload: which of them the store has acknowledged, what is known of each, and how the others get there. */
export class Parts<Slice> {
  readonly plan: PartPlan
  readonly proofs: Proofs
  readonly #job: Job<Slice>
  readonly #upload: JournaledUpload
  readonly #urls: PartUrls<Slice>
  readonly #journaled: ReadonlyMap<number, JournaledPart>
  /** Held by the store; to be read here before they count. */
  readonly #unchecked = new Map<number, Held>()
  /** Grows when the source was touched: what was read before has to be read again. */
  #touches = 0

  /** @param parts of the journal */
  constructor(job: Job<Slice>, upload: JournaledUpload, parts: Replayed['parts'] = new Map()) {
    this.#job = job
    this.#upload = upload
    this.#journaled = parts
    this.plan = plan(upload.size, upload.partSize)
    this.proofs = new Proofs(this.plan, upload.checksumAlgorithm, job)
    for (const [partNumber, part] of parts) this.proofs.set(partNumber, proofOf(part))
    this.#urls = new PartUrls(job, upload, this.plan)
    job.tracker.begin(this.plan)
  }

  /** Takes what initiate brought along. */
  addUrls(signed: SignedParts): void {
    this.#urls.add(signed)
  }

  /** What will most likely be sent first has its URLs signed while something else is asked. */
  signFirst(signal: AbortSignal): Promise<void> {
    let first = 1
    while (this.#journaled.has(first)) first++
    return this.#urls.signAhead(first, signal)
  }

  /**
   * Counts what the store holds already.
   * @param touched the source was: nothing counts before it is read again
   * @returns how many parts, and bytes, that is
   */
  async recall(listing: ListPartsResponse, touched: boolean): Promise<{ parts: number; bytes: number }> {
    await this.#compareAlgorithm(listing)
    const { counted, unremembered } = weighParts(this.plan, listing.parts, this.#journaled)
    for (const partNumber of this.#journaled.keys()) {
      if (!counted.has(partNumber)) this.proofs.delete(partNumber)
    }
    for (const [partNumber, proof] of counted) this.proofs.set(partNumber, proof)
    for (const [partNumber, part] of unremembered) this.#unchecked.set(partNumber, part)
    const trusted: number[] = []
    for (const partNumber of counted.keys()) {
      if (!touched && this.#isProven(partNumber)) trusted.push(partNumber)
      else this.#distrust(partNumber)
    }
    this.#job.tracker.recall(trusted, this.#unchecked.keys())

    const held = [...counted.keys(), ...unremembered.keys()]
    const bytes = held.reduce((sum, partNumber) => sum + partRange(this.plan, partNumber).size, 0)
    return { parts: held.length, bytes }
  }

  /** Until the store has acknowledged everything that the source has now; what has only to be read comes last, so that the link is never idle. */
  async sendPending(signal: AbortSignal): Promise<void> {
    const { tracker, lanes } = this.#job
    await this.proofs.ready()
    tracker.startRate()
    const work = (partNumber: number, lane: Lane, signal: AbortSignal) =>
      this.#settle(partNumber, lane, signal)
    for (let pending = tracker.pending(); ; pending = tracker.pending()) {
      const unsent = pending.filter((partNumber) => !this.#unchecked.has(partNumber))
      const unchecked = pending.filter((partNumber) => this.#unchecked.has(partNumber))
      await runInLanes([...unsent, ...unchecked], lanes, work, signal)
      await this.verify()
      const strange = this.proofs.etags?.strange() ?? []
      if (strange.length > 0) this.lose(strange)
      if (tracker.pending().length === 0) return
    }
  }

  /** These have to be sent again. */
  lose(partNumbers: readonly number[]): void {
    for (const partNumber of partNumbers) {
      this.#unchecked.delete(partNumber)
      this.proofs.delete(partNumber)
      this.#job.tracker.lost(partNumber)
    }
    void this.#job.ledger.append({ type: 'lost', partNumbers: [...partNumbers] })
  }

  /** Those that the store holds with other bytes than were read here. What a store that keeps no checksum leaves open is read again. */
  async disagreeing(listing: ListPartsResponse): Promise<number[]> {
    const { algorithm } = this.proofs
    await this.#compareAlgorithm(listing)
    if (algorithm !== this.proofs.algorithm) this.#doubt((partNumber) => !this.#isProven(partNumber))
    return this.proofs.disagreeing(listing.parts)
  }

  /** Where the source was touched, everything that was read before is to be read again. @throws {SourceChangedError} */
  async verify(): Promise<void> {
    const { source } = this.#job
    if ((await source.verify()) === 'same') return
    this.#touches++
    const done = this.#doubt(() => true)
    const identity = await source.identify(new AbortController().signal)
    // One that was journaled once, and is sent again now, is not done.
    const journaled = new Set([...this.#journaled.keys(), ...done])
    await journalTouch(this.#job, { ...this.#upload, identity }, journaled)
  }

  #isProven(partNumber: number): boolean {
    return this.proofs.etags?.isProven(partNumber) ?? true
  }

  #doubt(applies: (partNumber: number) => boolean): number[] {
    const doubted = this.#job.tracker.done().filter(applies)
    for (const partNumber of doubted) {
      this.#distrust(partNumber)
      this.#job.tracker.doubt(partNumber)
    }
    return doubted
  }

  #distrust(partNumber: number): void {
    const { algorithm } = this.proofs
    const { crc, md5, etag } = this.proofs.get(partNumber) ?? {}
    const checksum = algorithm && crc && ({ algorithm, value: toBase64(crc) } as Checksum)
    this.#unchecked.set(partNumber, { etag, md5, checksum: checksum || undefined })
  }

  /** A store may agree to an algorithm and keep nothing of the kind. */
  async #compareAlgorithm({ checksumAlgorithm, parts }: ListPartsResponse): Promise<void> {
    const { algorithm } = this.proofs
    if (algorithm && (checksumAlgorithm !== algorithm || parts.some(({ checksum }) => !checksum))) {
      this.proofs.downgrade(`The store agreed to keep a ${algorithm} of each part, and keeps none.`)
    }
    await this.proofs.ready()
  }

  async #settle(partNumber: number, lane: Lane, signal: AbortSignal): Promise<void> {
    const { tracker, source } = this.#job
    const range = partRange(this.plan, partNumber)
    const touches = this.#touches
    const held = this.#unchecked.get(partNumber)
    let proof: Sent | undefined = held && (await readAgain(range, held, source, this.proofs, signal))
    if (held && !proof) this.lose([partNumber])
    try {
      proof ??= await this.#send(range, lane, signal)
      // What was read from a changed file must not be remembered: once the old file is back, it would count.
      if (!proof.sourceIsSame) await this.verify()
    } catch (error) {
      if (!this.#unchecked.has(partNumber)) tracker.lost(partNumber)
      throw error
    }
    this.#unchecked.delete(partNumber)
    const isTouched = this.#touches !== touches
    this.#acknowledge(partNumber, proof)
    // The journal tells of the touched source by now: what was read before would count in a later run.
    if (!isTouched) this.#journal(partNumber, proof)
    tracker.acknowledge(partNumber)
    if (!isTouched) return
    this.#distrust(partNumber)
    tracker.doubt(partNumber)
  }

  #acknowledge(partNumber: number, { etag, crc, md5 }: Proof): void {
    this.proofs.set(partNumber, { etag, crc, md5 })
    this.#urls.forget(partNumber)
  }

  #journal(partNumber: number, { etag, crc, md5 }: Proof): void {
    const entry = { type: 'part', partNumber, etag, crc: crc && toBase64(crc), md5 } as const
    void this.#job.ledger.append(entry)
  }

  async #send(range: PartRange, lane: Lane, signal: AbortSignal): Promise<Sent> {
    const signing = await this.#urls.signing(range, this.proofs.algorithm, signal)
    const ports = { ...signing, job: this.#job, proofs: this.proofs, verify: () => this.verify() }
    const { etag, md5, crc = signing.crc, sourceIsSame } = await sendPart(range, ports, lane, signal)
    return { etag, md5, crc, sourceIsSame }
  }
}
