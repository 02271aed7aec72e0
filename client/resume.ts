import { fromBase64 } from '../checksums/base64.ts'
import { type PartPlan, partRange } from '../protocol/part-plan.ts'
import type { StoredPart } from '../protocol/schemas.ts'
import { SourceChangedError } from './errors.ts'
import type { RememberedPart } from './ports.ts'

/** What the store holds, weighed against what is remembered. */
export interface Holdings {
  /** Counted, with the CRC of what was read when they were sent. */
  readonly counted: ReadonlyMap<number, { crc?: Uint8Array }>
  /** Held at the right size, but nothing comparable is remembered of them: acknowledged in the moment before a kill, or by a browser. */
  readonly unremembered: ReadonlyMap<number, StoredPart>
}

/** A part counts if its number and size agree with the plan, and what is remembered of it, CRC or ETag, agrees too. */
export function weighParts(
  plan: PartPlan,
  stored: readonly StoredPart[],
  remembered: Readonly<Record<string, RememberedPart>>,
): Holdings {
  const counted = new Map<number, { crc?: Uint8Array }>()
  const unremembered = new Map<number, StoredPart>()
  for (const part of stored) {
    const { partNumber, size } = part
    if (partNumber > plan.partCount || size !== partRange(plan, partNumber).size) continue
    const memory = remembered[partNumber]
    const agreed = memory && agrees(part, memory)
    if (agreed === undefined) unremembered.set(partNumber, part)
    else if (agreed) counted.set(partNumber, memory.crc ? { crc: fromBase64(memory.crc) } : {})
  }
  return { counted, unremembered }
}

/** @throws {SourceChangedError} that names what differs */
export function compareIdentity(
  name: string,
  before: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): void {
  const changes = [...new Set([...Object.keys(before), ...Object.keys(now)])]
    .filter((what) => before[what] !== now[what])
    .map((what) => `${what} was ${before[what] ?? 'unknown'}, is ${now[what] ?? 'unknown'}`)
  if (changes.length > 0) {
    throw new SourceChangedError(
      `Expected ${name} as it was when its upload began, got another: ${changes.join('; ')}. ` +
        'Put the old file back, or begin anew.',
    )
  }
}

/** @returns `undefined` where there is nothing to compare */
function agrees(part: StoredPart, memory: RememberedPart): boolean | undefined {
  if (part.checksum && memory.crc) return part.checksum.value === memory.crc
  return memory.etag === undefined ? undefined : part.etag === memory.etag
}
