import type { Checksum } from '../protocol/schemas.ts'
import { IntegrityError } from './errors.ts'

/**
 * Compares what arrived with what was to arrive.
 * @param where completes "Expected 5 bytes …"
 * @param advice what to do where it differs
 * @returns what could be compared: checksums by the same algorithm, or sizes alone
 * @throws {IntegrityError} where it differs
 */
export function verifyArrival(
  arrived: { size: number; checksum?: Checksum | undefined },
  expected: { size: number; checksum?: Checksum | undefined },
  where: string,
  advice = 'Transfer the file again.',
): 'checksum' | 'size' {
  if (arrived.size !== expected.size) {
    throw new IntegrityError(`Expected ${expected.size} bytes ${where}, got ${arrived.size}. ${advice}`)
  }
  const { checksum } = arrived
  if (!checksum || checksum.algorithm !== expected.checksum?.algorithm) return 'size'
  if (checksum.value !== expected.checksum.value) {
    const { algorithm, value } = expected.checksum
    throw new IntegrityError(
      `Expected bytes with the ${algorithm} ${value} ${where}, got ${checksum.value}. ${advice}`,
    )
  }
  return 'checksum'
}
