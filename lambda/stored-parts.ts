import type { PartPlan } from '../protocol/part-plan.ts'
import type { StoredPart } from '../protocol/schemas.ts'
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
