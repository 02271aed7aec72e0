import {
  DEFAULT_PART_BYTES,
  MAX_OBJECT_BYTES,
  MAX_PART_BYTES,
  MAX_PARTS,
  MIB,
  MIN_PART_BYTES,
} from './limits.ts'
import { ProblemError } from './problems.ts'

/** How an object is cut into parts. Frozen when the upload is initiated; the key carries it. Sizes in bytes. */
export interface PartPlan {
  readonly size: number
  readonly partSize: number
  /** At least 1: an empty object is one empty part. */
  readonly partCount: number
}

export interface PartRange {
  readonly partNumber: number
  /** Offset of the first byte. */
  readonly start: number
  /** Offset after the last byte. */
  readonly end: number
  readonly size: number
}

/**
 * Plans an upload: parts of `partSize`, or of 8 MiB, or of the smallest whole number of MiB that keeps to 10,000 parts.
 * @param size of the object in bytes
 * @param partSize in bytes, a whole number of MiB from 5 MiB to 5 GiB
 * @throws {ProblemError} `too-large` beyond S3's largest object; `too-many-parts` where the part size asked for needs more
 *   than 10,000; `invalid-request` for sizes that are not sizes
 */
export function planParts(size: number, partSize?: number): PartPlan {
  if (!Number.isInteger(size) || size < 0) {
    throw new ProblemError('invalid-request', `Expected a size in whole bytes, 0 or more; got ${size}.`)
  }
  if (size > MAX_OBJECT_BYTES) {
    throw new ProblemError(
      'too-large',
      `S3 stores objects of at most ${MAX_OBJECT_BYTES} bytes (10,000 parts of 5 GiB); got ${size}. Split the file.`,
      { maxObjectSize: MAX_OBJECT_BYTES },
    )
  }
  if (partSize === undefined) return plan(size, Math.max(DEFAULT_PART_BYTES, smallestPartSize(size)))

  if (partSize % MIB !== 0 || partSize < MIN_PART_BYTES || partSize > MAX_PART_BYTES) {
    throw new ProblemError(
      'invalid-request',
      `Expected a part size that is a whole number of MiB from 5 MiB (${MIN_PART_BYTES}) to 5 GiB (${MAX_PART_BYTES}); got ${partSize}.`,
    )
  }
  if (partSize < smallestPartSize(size)) {
    throw new ProblemError(
      'too-many-parts',
      `${size} bytes in parts of ${partSize} are ${Math.ceil(size / partSize)} parts, and S3 takes ${MAX_PARTS}. ` +
        `Ask for parts of ${smallestPartSize(size)} bytes or more, or leave partSize out.`,
      { smallestPartSize: smallestPartSize(size) },
    )
  }
  return plan(size, partSize)
}

/** The plan of a size and part size that are known to be sound, such as those in a key. */
export function plan(size: number, partSize: number): PartPlan {
  return { size, partSize, partCount: Math.max(1, Math.ceil(size / partSize)) }
}

/** @throws {RangeError} for a part number outside the plan */
export function partRange({ size, partSize, partCount }: PartPlan, partNumber: number): PartRange {
  if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > partCount) {
    throw new RangeError(`Expected a part number from 1 to ${partCount}, got ${partNumber}.`)
  }
  const start = (partNumber - 1) * partSize
  const end = Math.min(start + partSize, size)
  return { partNumber, start, end, size: end - start }
}

function smallestPartSize(size: number): number {
  return Math.max(MIN_PART_BYTES, Math.ceil(size / MAX_PARTS / MIB) * MIB)
}
