import { toBase64 } from '../checksums/base64.ts'
import type { PartPlan } from '../protocol/part-plan.ts'
import type { Checksum, ChecksumAlgorithm, StoredPart } from '../protocol/schemas.ts'
import { canBeMd5, etagOfParts } from './etag.ts'
import { wholeCrc } from './whole-crc.ts'

/** What is known of a part's bytes, as they were read here, and what the store called them. */
export interface Proof {
  readonly etag?: string | undefined
  readonly crc?: Uint8Array | undefined
  /** In hex. */
  readonly md5?: string | undefined
}

/** What an upload can be proved by: the whole object's checksum, or its parts' ETags, or its size alone. */
export class Proofs {
  readonly #plan: PartPlan
  readonly #parts = new Map<number, Proof>()
  readonly #onDowngrade: (reason: string) => void
  #algorithm: ChecksumAlgorithm
  #etags: 'unknown' | 'md5' | 'opaque' = 'unknown'
  #downgraded: string | undefined

  constructor(plan: PartPlan, algorithm: ChecksumAlgorithm, onDowngrade: (reason: string) => void) {
    this.#plan = plan
    this.#onDowngrade = onDowngrade
    this.#algorithm = algorithm
    if (algorithm === 'NONE')
      this.downgrade('The store keeps no checksums of what it holds, or was asked for none.')
  }

  /** The upload's own; `undefined` where the store keeps none. */
  get algorithm(): Exclude<ChecksumAlgorithm, 'NONE'> | undefined {
    return this.#algorithm === 'NONE' ? undefined : this.#algorithm
  }

  get downgraded(): string | undefined {
    return this.#downgraded
  }

  /** Once, whatever the store does afterwards. */
  downgrade(reason: string): void {
    this.#algorithm = 'NONE'
    if (this.#downgraded) return
    this.#downgraded = reason
    this.#onDowngrade(reason)
  }

  get(partNumber: number): Proof | undefined {
    return this.#parts.get(partNumber)
  }

  set(partNumber: number, proof: Proof): void {
    this.#parts.set(partNumber, proof)
    const { etag, md5 } = proof
    if (etag === undefined || md5 === undefined) return
    if (etag === md5) this.#etags = 'md5'
    else if (this.#etags === 'unknown') this.#etags = 'opaque'
  }

  delete(partNumber: number): void {
    this.#parts.delete(partNumber)
  }

  /** Whether it is known that the store has what was read, or nothing that it tells could say so. */
  isProven(partNumber: number): boolean {
    const { etag, md5 } = this.#parts.get(partNumber) ?? {}
    const couldTell = etag !== undefined && canBeMd5(etag) && this.#etags !== 'opaque'
    return this.algorithm !== undefined || md5 !== undefined || !couldTell
  }

  /** Whether an ETag says that the store has what was read; `undefined` where it says nothing: not known, or no MD5. */
  agrees({ etag, md5 }: Proof): boolean | undefined {
    if (md5 === undefined || etag === undefined) return undefined
    if (etag === md5) return true
    return this.#etags === 'opaque' || !canBeMd5(etag) ? undefined : false
  }

  /** An ETag that is not the MD5 of what was sent, time and again: where none was before, ETags are no MD5s here. */
  get etagsMayBeOpaque(): boolean {
    return this.#etags !== 'md5'
  }

  get etagsCanBeMd5(): boolean {
    return this.#etags !== 'opaque'
  }

  etagsAreOpaque(): void {
    this.#etags = 'opaque'
  }

  /** Those that were let pass for ETags that are no MD5s, before one was: the store has other bytes than were read. */
  strange(): number[] {
    if (this.#etags !== 'md5') return []
    return [...this.#parts].flatMap(([partNumber, proof]) =>
      this.agrees(proof) === false ? [partNumber] : [],
    )
  }

  /** The whole object's, from those of all parts; `undefined` where one is not known. */
  checksum(): Checksum | undefined {
    if (!this.algorithm) return undefined
    const crcs = new Map<number, Uint8Array>()
    for (const [partNumber, { crc }] of this.#parts) if (crc) crcs.set(partNumber, crc)
    return wholeCrc(this.algorithm, this.#plan, crcs)
  }

  /** The MD5s of all parts, in order, where the store's ETags are MD5s; `undefined` where one is not known. */
  md5s(): string[] | undefined {
    if (this.algorithm || this.#etags !== 'md5') return undefined
    const md5s: string[] = []
    for (let partNumber = 1; partNumber <= this.#plan.partCount; partNumber++) {
      const proof = this.#parts.get(partNumber)
      if (!proof?.md5 || proof.md5 !== proof.etag) return undefined
      md5s.push(proof.md5)
    }
    return md5s
  }

  /** What the object's ETag has to be, where it is made of MD5s. */
  async etag(): Promise<string | undefined> {
    const md5s = this.md5s()
    return md5s && (await etagOfParts(md5s))
  }

  /** Those that the store holds with another checksum, or ETag, than was read here. */
  disagreeing(stored: readonly StoredPart[]): number[] {
    return stored.flatMap(({ partNumber, checksum, etag }) => {
      const { crc, md5 } = this.#parts.get(partNumber) ?? {}
      if (crc && checksum) return toBase64(crc) === checksum.value ? [] : [partNumber]
      return this.agrees({ md5, etag }) === false ? [partNumber] : []
    })
  }
}
