import { DEFAULT_PART_BYTES, MAX_SINGLE_PUT_BYTES } from '../protocol/limits.ts'

/** Whether whoever plans the upload will have it in a single PUT. Sizes in bytes. */
export function fitsOnePut(
  size: number,
  partSize = DEFAULT_PART_BYTES,
  largestPut = MAX_SINGLE_PUT_BYTES,
): boolean {
  return size <= Math.min(partSize, largestPut)
}
