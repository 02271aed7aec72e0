import { type CrcAlgorithm, crcInstance, fromBytes, toBytes } from './instance.ts'

/**
 * The CRC of two pieces together, from the CRC of each and the length of the second: how the parts' checksums
 * become the whole object's without a second read. Microseconds, whatever the length.
 *
 * @param secondLength in bytes; 0 leaves the first as it is.
 * @throws RangeError where a CRC has the wrong number of bytes, or the length is no natural number.
 */
export function combineCrc(
  algorithm: CrcAlgorithm,
  first: Uint8Array,
  second: Uint8Array,
  secondLength: number,
): Uint8Array {
  if (!Number.isSafeInteger(secondLength) || secondLength < 0) {
    throw new RangeError(`expected a length in whole bytes, got ${secondLength}`)
  }
  const combined = crcInstance(algorithm).combine(
    fromBytes(first, algorithm),
    fromBytes(second, algorithm),
    BigInt(secondLength),
  )
  return toBytes(combined, algorithm)
}
