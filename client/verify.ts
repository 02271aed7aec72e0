import type { Checksum } from '../protocol/schemas.ts'
import { IntegrityError } from './errors.ts'

/**
 * Compares what the store holds with what was read here.
 * @param ours `undefined` where it is not known
 * @returns what could be compared
 * @throws {IntegrityError} where it differs
 */
export function verifyStored(
  stored: { size: number; checksum?: Checksum | undefined },
  size: number,
  ours: Checksum | undefined,
): 'checksum' | 'size' {
  if (stored.size !== size) {
    throw new IntegrityError(
      `Expected the store to hold ${size} bytes, got ${stored.size}. Send the file again.`,
    )
  }
  const { checksum } = stored
  if (!checksum || checksum.algorithm !== ours?.algorithm) return 'size'
  if (checksum.value !== ours.value) {
    throw new IntegrityError(
      `Expected the store to hold bytes with the ${ours.algorithm} ${ours.value}, got ${checksum.value}. Send the file again.`,
    )
  }
  return 'checksum'
}
