import type { PartPlan } from '../protocol/part-plan.ts'
import { partRange } from '../protocol/part-plan.ts'
import type { CompleteRequest, StoredPart } from '../protocol/schemas.ts'
import { readChecksum } from './checksum.ts'
import type { Listing } from './s3.ts'

/** The parts of a listing that belong to the plan, by number, ETags without quotes. */
export function storedParts({ Parts }: Listing, { partCount }: PartPlan): StoredPart[] {
  return Parts.map((part) => {
    const checksum = readChecksum(part)
    return {
      partNumber: part.PartNumber ?? 0,
      size: part.Size ?? 0,
      etag: (part.ETag ?? '').replaceAll('"', ''),
      ...(checksum && { checksum }),
    }
  })
    .filter(({ partNumber }) => partNumber >= 1 && partNumber <= partCount)
    .sort((a, b) => a.partNumber - b.partNumber)
}

/**
 * The parts that a complete would lack: those not stored, or left out by a caller who lists what was sent; and those of another
 * size, ETag or checksum than they should have.
 */
export function comparePlan(
  stored: readonly StoredPart[],
  plan: PartPlan,
  claimed?: CompleteRequest['parts'],
): { missing: number[]; mismatched: number[] } {
  const byNumber = new Map(stored.map((part) => [part.partNumber, part]))
  const claims = claimed && new Map(claimed.map((part) => [part.partNumber, part]))
  const missing: number[] = []
  const mismatched: number[] = []
  for (let partNumber = 1; partNumber <= plan.partCount; partNumber++) {
    const part = byNumber.get(partNumber)
    const claim = claims?.get(partNumber)
    if (!part || (claims && !claim)) missing.push(partNumber)
    else if (
      part.size !== partRange(plan, partNumber).size ||
      differs(claim?.etag, part.etag) ||
      differs(claim?.checksum?.value, part.checksum?.value)
    ) {
      mismatched.push(partNumber)
    }
  }
  return { missing, mismatched }
}

function differs(claimed: string | undefined, stored: string | undefined): boolean {
  return claimed !== undefined && stored !== undefined && claimed !== stored
}
