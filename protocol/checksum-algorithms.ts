/** Those by which S3 keeps the checksum of a whole object. */
export const checksumAlgorithms = ['CRC64NVME', 'CRC32', 'CRC32C'] as const
