import {
  type Checksum,
  type ChecksumAlgorithm,
  type ChecksumType,
  combineChecksums,
  createDigest,
} from './checksum.ts'

/** The checksum of the object that these parts make. */
export function checksumOfParts(
  algorithm: ChecksumAlgorithm,
  type: ChecksumType,
  parts: readonly { size: number; checksum: string }[],
): Checksum {
  const value = type === 'COMPOSITE' ? composite(algorithm, parts) : fullObject(algorithm, parts)
  return { algorithm, type, value }
}

function composite(algorithm: ChecksumAlgorithm, parts: readonly { checksum: string }[]): string {
  const digest = createDigest(algorithm)
  for (const part of parts) digest.update(Buffer.from(part.checksum, 'base64'))
  return `${Buffer.from(digest.digest()).toString('base64')}-${parts.length}`
}

function fullObject(
  algorithm: ChecksumAlgorithm,
  parts: readonly { size: number; checksum: string }[],
): string {
  const total = parts
    .map(({ size, checksum }) => ({ size, crc: Buffer.from(checksum, 'base64') as Uint8Array }))
    .reduce((first, second) => ({
      size: first.size + second.size,
      crc: combineChecksums(algorithm, first.crc, second.crc, second.size),
    }))
  return Buffer.from(total.crc).toString('base64')
}
