import { type PartPlan, partRange } from './part-plan.ts'
import { ProblemError } from './problems.ts'
import type { CompleteRequest, StoredPart } from './schemas.ts'

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

/**
 * What complete is answered with where parts are missing or not what they should be.
 * @throws {ProblemError} `parts-missing`, with both lists
 */
export function requireParts(
  stored: readonly StoredPart[],
  plan: PartPlan,
  claimed: CompleteRequest['parts'],
): void {
  const { missing, mismatched } = comparePlan(stored, plan, claimed)
  if (missing.length > 0 || mismatched.length > 0) {
    throw new ProblemError(
      'parts-missing',
      `Of ${plan.partCount} parts, ${missing.length} are missing and ${mismatched.length} differ from what they should be. Send those again, then complete.`,
      { missing, mismatched },
    )
  }
}

function differs(claimed: string | undefined, stored: string | undefined): boolean {
  return claimed !== undefined && stored !== undefined && claimed !== stored
}
