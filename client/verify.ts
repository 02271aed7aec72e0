import type { Checksum } from '../protocol/schemas.ts'
import { IntegrityError } from './errors.ts'

/** What to do where it differs. */
export const ADVICE = {
  'in the store': 'Transfer the file again.',
  'on the disk': 'Transfer the file again.',
  'in the output': 'Discard what came out, and begin again.',
} as const

/** Where it arrived. */
export type Where = keyof typeof ADVICE

/**
 * Compares what arrived with what was to arrive.
 * @param where completes "Expected 5 bytes …"
 * @returns what could be compared: checksums by the same algorithm, or sizes alone
 * @throws {IntegrityError} where it differs
 */
export function verifyArrival(
  arrived: { size: number; checksum?: Checksum | undefined },
  expected: { size: number; checksum?: Checksum | undefined },
  where: Where,
): 'checksum' | 'size' {
  if (arrived.size !== expected.size) {
    throw new IntegrityError(
      `Expected ${expected.size} bytes ${where}, got ${arrived.size}. ${ADVICE[where]}`,
    )
  }
  const { checksum } = arrived
  if (!checksum || checksum.algorithm !== expected.checksum?.algorithm) return 'size'
  if (checksum.value !== expected.checksum.value) {
    const { algorithm, value } = expected.checksum
    throw new IntegrityError(
      `Expected bytes with the ${algorithm} ${value} ${where}, got ${checksum.value}. ${ADVICE[where]}`,
    )
  }
  return 'checksum'
}
