import { toBase64 } from '../checksums/base64.ts'
import { combineCrc } from '../checksums/combine.ts'
import type { CrcAlgorithm } from '../checksums/crc.ts'
import { type PartPlan, partRange } from '../protocol/part-plan.ts'
import type { Checksum } from '../protocol/schemas.ts'

/**
 * The whole object's checksum, combined from those of its parts: no second read.
 * @param crcOf by part number
 * @returns `undefined` where a part's is not known
 */
export function wholeCrc(
  algorithm: CrcAlgorithm,
  plan: PartPlan,
  crcOf: (partNumber: number) => Uint8Array | undefined,
): Checksum | undefined {
  let whole = crcOf(1)
  for (let partNumber = 2; whole && partNumber <= plan.partCount; partNumber++) {
    const crc = crcOf(partNumber)
    whole = crc && combineCrc(algorithm, whole, crc, partRange(plan, partNumber).size)
  }
  return whole && { algorithm, value: toBase64(whole) }
}
