import { checksumAlgorithms } from '../protocol/checksum-algorithms.ts'
import type { Checksum, ChecksumAlgorithm } from '../protocol/schemas.ts'

type Crc = Checksum['algorithm']

/** The members that S3's requests and responses hold checksums in. */
export type S3Checksums = { [A in Crc as `Checksum${A}`]?: string | undefined }

/** A checksum as S3's requests take it: `{ ChecksumCRC64NVME: value }`. */
export function toS3Checksum({ algorithm, value }: { algorithm: Crc; value: string }): S3Checksums {
  return { [`Checksum${algorithm}`]: value }
}

/** The header that carries a checksum: `x-amz-checksum-crc64nvme`. */
export function checksumHeader({
  algorithm,
  value,
}: {
  algorithm: Crc
  value: string
}): Record<string, string> {
  return { [`x-amz-checksum-${algorithm.toLowerCase()}`]: value }
}

/** The checksum of a part, or of an object as a whole: a composite one says nothing of the whole, and is left out. */
export function readChecksum(
  response: S3Checksums & { ChecksumType?: string | undefined },
): Checksum | undefined {
  if (response.ChecksumType === 'COMPOSITE') return undefined
  for (const algorithm of checksumAlgorithms) {
    const value = response[`Checksum${algorithm}`]
    if (value) return { algorithm, value }
  }
  return undefined
}

/** The algorithm that an upload was created with, NONE for one that we do not use. */
export function uploadAlgorithm(response: {
  ChecksumAlgorithm?: string | undefined
  ChecksumType?: string | undefined
}): ChecksumAlgorithm {
  if (response.ChecksumType === 'COMPOSITE') return 'NONE'
  return checksumAlgorithms.find((algorithm) => algorithm === response.ChecksumAlgorithm) ?? 'NONE'
}
