import { toBase64 } from '../checksums/base64.ts'
import type { CrcAlgorithm } from '../checksums/crc.ts'
import { MAX_URLS_PER_ANSWER } from '../protocol/limits.ts'
import type { PartPlan } from '../protocol/part-plan.ts'
import type { SignedPart, SignedParts } from '../protocol/schemas.ts'
import { unpackSignedParts } from '../protocol/signed-parts.ts'
import { orAborted } from './abort.ts'
import type { PartChecksums } from './control-plane.ts'

interface Wanted {
  readonly value: string
  readonly signal: AbortSignal
  readonly resolve: (part: SignedPart) => void
  readonly reject: (error: unknown) => void
}

/** URLs into which each part's checksum is signed, so that the store refuses other bytes. Those that are wanted while a call is under way share the next one. */
export class SealedUrls {
  readonly #plan: PartPlan
  readonly #algorithm: CrcAlgorithm
  readonly #presign: (parts: number[], checksums: PartChecksums, signal: AbortSignal) => Promise<SignedParts>
  readonly #wanted = new Map<number, Wanted>()
  #signing = false

  constructor(
    plan: PartPlan,
    algorithm: CrcAlgorithm,
    presign: (parts: number[], checksums: PartChecksums, signal: AbortSignal) => Promise<SignedParts>,
  ) {
    this.#plan = plan
    this.#algorithm = algorithm
    this.#presign = presign
  }

  /** A URL of its own for each try. @param crc of the part's bytes */
  get(partNumber: number, crc: Uint8Array, signal: AbortSignal): Promise<SignedPart> {
    const signed = new Promise<SignedPart>((resolve, reject) => {
      this.#wanted.set(partNumber, { value: toBase64(crc), signal, resolve, reject })
    })
    if (!this.#signing) void this.#signAll()
    return orAborted(signed, signal)
  }

  async #signAll(): Promise<void> {
    this.#signing = true
    while (this.#wanted.size > 0) {
      for (const [partNumber, { signal }] of this.#wanted) if (signal.aborted) this.#wanted.delete(partNumber)
      const batch = [...this.#wanted].slice(0, MAX_URLS_PER_ANSWER)
      if (batch.length === 0) break
      for (const [partNumber] of batch) this.#wanted.delete(partNumber)
      const values = Object.fromEntries(batch.map(([partNumber, { value }]) => [partNumber, value]))
      const numbers = batch.map(([partNumber]) => partNumber)
      const { signal = new AbortController().signal } = batch[0]?.[1] ?? {}
      try {
        const signed = await this.#presign(numbers, { algorithm: this.#algorithm, values }, signal)
        const parts = new Map(
          [...unpackSignedParts(signed, this.#plan)].map((part) => [part.partNumber, part]),
        )
        for (const [partNumber, { resolve, reject }] of batch) {
          const part = parts.get(partNumber)
          if (part) resolve(part)
          else reject(new RangeError(`Expected a URL for part ${partNumber}, got none.`))
        }
      } catch (error) {
        for (const [, { reject }] of batch) reject(error)
      }
    }
    this.#signing = false
  }
}
