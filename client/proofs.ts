import { toBase64 } from '../checksums/base64.ts'
import type { PartPlan } from '../protocol/part-plan.ts'
import type { Checksum, ChecksumAlgorithm, StoredPart } from '../protocol/schemas.ts'
import type { EtagProofs } from './etag-proofs.ts'
import type { Job } from './job.ts'
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
  /** Of a store that keeps no checksums, once {@link ready}. */
  etags: EtagProofs | undefined
  /** Why the checksum cannot prove it. */
  downgraded: string | undefined
  /** The store said that its ETags are no MD5s. */
  opaque = false
  readonly #plan: PartPlan
  readonly #parts = new Map<number, Proof>()
  readonly #job: Pick<Job<never>, 'emit' | 'extras'>
  #algorithm: ChecksumAlgorithm

  constructor(plan: PartPlan, algorithm: ChecksumAlgorithm, job: Pick<Job<never>, 'emit' | 'extras'>) {
    this.#plan = plan
    this.#job = job
    this.#algorithm = algorithm
    if (algorithm === 'NONE')
      this.downgrade('The store keeps no checksums of what it holds, or was asked for none.')
  }

  /** The upload's own; `undefined` where the store keeps none. */
  get algorithm(): Exclude<ChecksumAlgorithm, 'NONE'> | undefined {
    return this.#algorithm === 'NONE' ? undefined : this.#algorithm
  }

  /** Once, whatever the store does afterwards. */
  downgrade(reason: string): void {
    this.#algorithm = 'NONE'
    if (this.downgraded) return
    this.downgraded = reason
    this.#job.emit('downgraded', { reason })
  }

  /** Loads what the ETags are understood by, where there is nothing else. */
  async ready(): Promise<void> {
    if (this.algorithm || this.etags) return
    const { EtagProofs } = await this.#job.extras()
    this.etags = new EtagProofs(this.#parts)
    if (this.opaque) this.etags.areOpaque()
  }

  get(partNumber: number): Proof | undefined {
    return this.#parts.get(partNumber)
  }

  set(partNumber: number, proof: Proof): void {
    this.#parts.set(partNumber, proof)
    this.etags?.note(proof)
  }

  delete(partNumber: number): void {
    this.#parts.delete(partNumber)
  }

  /** The whole object's, from those of all parts; `undefined` where one is not known. */
  checksum(): Checksum | undefined {
    return this.algorithm && wholeCrc(this.algorithm, this.#plan, (number) => this.get(number)?.crc)
  }

  /** Those that the store holds with another checksum, or ETag, than was read here. */
  disagreeing(stored: readonly StoredPart[]): number[] {
    const differs = ({ partNumber, checksum, etag }: StoredPart) => {
      const { crc, md5 } = this.get(partNumber) ?? {}
      return crc && checksum ? toBase64(crc) !== checksum.value : this.etags?.differs({ md5, etag })
    }
    return stored.filter(differs).map(({ partNumber }) => partNumber)
  }
}
