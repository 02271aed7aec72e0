import { fromBase64 } from '../checksums/base64.ts'
import { type PartPlan, partRange } from '../protocol/part-plan.ts'
import type { StoredPart } from '../protocol/schemas.ts'
import type { JournaledPart } from './journal.ts'
import type { Proof } from './proofs.ts'

/** What the store holds, weighed against what the journal says. */
export interface Holdings {
  /** Counted, with what was computed when they were sent. */
  readonly counted: ReadonlyMap<number, Proof>
  /** Held at the right size, but nothing comparable is journaled of them: acknowledged in the moment before a kill, or sent elsewhere. */
  readonly unremembered: ReadonlyMap<number, StoredPart>
}

/** A part counts if its number and size agree with the plan, and what is journaled of it, CRC or ETag, agrees too. */
export function weighParts(
  plan: PartPlan,
  stored: readonly StoredPart[],
  journaled: ReadonlyMap<number, JournaledPart>,
): Holdings {
  const counted = new Map<number, Proof>()
  const unremembered = new Map<number, StoredPart>()
  for (const part of stored) {
    const { partNumber, size } = part
    if (partNumber > plan.partCount || size !== partRange(plan, partNumber).size) continue
    const memory = journaled.get(partNumber)
    const agreed = memory && agrees(part, memory)
    if (agreed === undefined) unremembered.set(partNumber, part)
    else if (agreed) counted.set(partNumber, proofOf(memory, part.etag))
  }
  return { counted, unremembered }
}

/** Of a part, as it was journaled. */
export function proofOf({ etag, crc, md5 }: JournaledPart = {}, storedEtag?: string): Proof {
  return { etag: etag ?? storedEtag, crc: crc === undefined ? undefined : fromBase64(crc), md5 }
}

/** @returns `undefined` where there is nothing to compare */
function agrees(part: StoredPart, { etag, crc, md5 }: JournaledPart): boolean | undefined {
  if (part.checksum && crc) return part.checksum.value === crc
  const expected = etag ?? md5
  return expected === undefined ? undefined : part.etag === expected
}
