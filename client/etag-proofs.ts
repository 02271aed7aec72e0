import type { PartPlan, PartRange } from '../protocol/part-plan.ts'
import { IntegrityError } from './errors.ts'
import { canBeMd5, etagOfParts } from './etag.ts'
import type { Source } from './ports.ts'
import type { Proof } from './proofs.ts'

/** As S3 makes it of parts' MD5s. */
const ETAG_OF_PARTS = /^[0-9a-f]{32}-\d+$/
/** How often a part may have another ETag than its MD5 before ETags are taken for no MD5s. */
const MAX_STRANGE_ETAGS = 2

/** What the parts' ETags say, where the store keeps no checksums: they are MD5s, or say nothing. */
export class EtagProofs {
  readonly #parts: ReadonlyMap<number, Proof>
  #etags: 'unknown' | 'md5' | 'opaque' = 'unknown'

  /** @param parts what is known of them, which goes on growing */
  constructor(parts: ReadonlyMap<number, Proof>) {
    this.#parts = parts
    for (const proof of parts.values()) this.note(proof)
  }

  /** Of another part, something is known. */
  note({ etag, md5 }: Proof): void {
    if (etag === undefined || md5 === undefined) return
    if (etag === md5) this.#etags = 'md5'
    else if (this.#etags === 'unknown') this.#etags = 'opaque'
  }

  /** The store said that its ETags are no MD5s. */
  areOpaque(): void {
    this.#etags = 'opaque'
  }

  /** Whether it is known that the store has what was read, or nothing that it tells could say so. */
  isProven(partNumber: number): boolean {
    const { etag, md5 } = this.#parts.get(partNumber) ?? {}
    return md5 !== undefined || etag === undefined || !canBeMd5(etag) || this.#etags === 'opaque'
  }

  /** Whether an ETag says that the store has other bytes than were read. */
  differs({ etag, md5 }: Proof): boolean {
    if (md5 === undefined || etag === undefined || etag === md5) return false
    return this.#etags !== 'opaque' && canBeMd5(etag)
  }

  /**
   * For the tries of one part. An ETag that is not the MD5 of what was sent, time and again: where none was before, ETags are no
   * MD5s here.
   * @returns whether the store has other bytes than were read
   */
  comparison(): (proof: Proof) => boolean {
    let strange = 0
    return (proof) => {
      if (!this.differs(proof)) return false
      if (this.#etags === 'md5' || ++strange !== MAX_STRANGE_ETAGS) return true
      this.areOpaque()
      return false
    }
  }

  /** Those that were let pass for ETags that are no MD5s, before one was: the store has other bytes than were read. */
  strange(): number[] {
    if (this.#etags !== 'md5') return []
    return [...this.#parts].flatMap(([partNumber, proof]) => (this.differs(proof) ? [partNumber] : []))
  }

  /** The MD5s of all parts, in order, where the store's ETags are MD5s; `undefined` where one is not known. */
  md5s({ partCount }: PartPlan): string[] | undefined {
    if (this.#etags !== 'md5') return undefined
    const md5s: string[] = []
    for (let partNumber = 1; partNumber <= partCount; partNumber++) {
      const proof = this.#parts.get(partNumber)
      if (!proof?.md5 || proof.md5 !== proof.etag) return undefined
      md5s.push(proof.md5)
    }
    return md5s
  }

  /**
   * @param etag of the object
   * @returns whether it proves what was read
   * @throws {IntegrityError} where it is another's
   */
  async prove(etag: string | undefined, plan: PartPlan): Promise<boolean> {
    const md5s = this.md5s(plan)
    if (!md5s || !ETAG_OF_PARTS.test(etag ?? '')) return false
    const expected = await etagOfParts(md5s)
    if (etag === expected) return true
    throw new IntegrityError(
      `Expected an object with the ETag ${expected} in the store, got ${etag}. Transfer the file again.`,
    )
  }

  /** @returns `undefined` where the part is not what the source has, or nothing says so */
  async readAgain(
    { start, end }: PartRange,
    { etag, md5: sent }: Proof,
    source: Source<unknown>,
    signal: AbortSignal,
  ): Promise<Proof | undefined> {
    const expected = sent ?? (etag !== undefined && canBeMd5(etag) ? etag : undefined)
    if (expected === undefined) return undefined
    const md5 = await source.md5(start, end, signal)
    return md5 === expected ? { etag, md5 } : undefined
  }
}
