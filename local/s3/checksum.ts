import { createHash } from 'node:crypto'
import { combineCrc } from '../../checksums/combine.ts'
import { createCrc } from '../../checksums/crc.ts'
import { notImplemented, S3Error } from './errors.ts'
import { ZlibCrc32 } from './zlib-crc32.ts'

/**
 * The checksums of S3 and their rules.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
export type ChecksumAlgorithm = 'CRC64NVME' | 'CRC32' | 'CRC32C' | 'SHA1' | 'SHA256'

/** FULL_OBJECT: of all bytes. COMPOSITE: of the parts' checksums, with `-N` behind it. */
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE'

export interface Checksum {
  algorithm: ChecksumAlgorithm
  type: ChecksumType
  /** In base64, as S3 writes it. */
  value: string
}

/** A running checksum. */
export interface Digest {
  update(bytes: Uint8Array): unknown
  digest(): Uint8Array
}

interface Traits {
  /** Of a digest, in bytes. */
  length: number
  types: readonly [byDefault: ChecksumType, ...others: ChecksumType[]]
  create(): Digest
  /** The checksum of two runs of bytes from theirs; only the CRCs have it. */
  combine?(first: Uint8Array, second: Uint8Array, secondLength: number): Uint8Array
}

const traits: Record<ChecksumAlgorithm, Traits> = {
  CRC64NVME: {
    length: 8,
    types: ['FULL_OBJECT'],
    create: () => createCrc('CRC64NVME'),
    combine: (first, second, length) => combineCrc('CRC64NVME', first, second, length),
  },
  CRC32: {
    length: 4,
    types: ['COMPOSITE', 'FULL_OBJECT'],
    create: () => new ZlibCrc32(),
    combine: (first, second, length) => combineCrc('CRC32', first, second, length),
  },
  CRC32C: {
    length: 4,
    types: ['COMPOSITE', 'FULL_OBJECT'],
    create: () => createCrc('CRC32C'),
    combine: (first, second, length) => combineCrc('CRC32C', first, second, length),
  },
  SHA1: { length: 20, types: ['COMPOSITE'], create: () => createHash('sha1') },
  SHA256: { length: 32, types: ['COMPOSITE'], create: () => createHash('sha256') },
}

/** S3 knows these as well; this endpoint does not compute them. */
const otherAlgorithms = ['MD5', 'SHA512', 'XXHASH3', 'XXHASH64', 'XXHASH128']

export function createDigest(algorithm: ChecksumAlgorithm): Digest {
  return traits[algorithm].create()
}

/** @throws TypeError for an algorithm whose checksums cannot be combined; `parseType` refuses it earlier. */
export function combineChecksums(
  algorithm: ChecksumAlgorithm,
  first: Uint8Array,
  second: Uint8Array,
  secondLength: number,
): Uint8Array {
  const { combine } = traits[algorithm]
  if (combine === undefined) throw new TypeError(`expected a CRC, got ${algorithm}; leave it COMPOSITE`)
  return combine(first, second, secondLength)
}

/** `x-amz-checksum-crc32` and so on. */
export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`
}

/** The element of S3's XML: `ChecksumCRC32` and so on. */
export function checksumElement(algorithm: ChecksumAlgorithm): string {
  return `Checksum${algorithm}`
}

/**
 * @param name As in `x-amz-checksum-algorithm`.
 * @throws S3Error `NotImplemented` for S3's other algorithms, `InvalidRequest` for anything else.
 */
export function parseAlgorithm(name: string): ChecksumAlgorithm {
  const upper = name.toUpperCase()
  if (Object.hasOwn(traits, upper)) return upper as ChecksumAlgorithm
  if (otherAlgorithms.includes(upper)) throw notImplemented(`x-amz-checksum-algorithm: ${name}`)
  const valid = Object.keys(traits).join(', ')
  throw new S3Error(
    'InvalidRequest',
    `Checksum algorithm provided is unsupported. Please try again with any of the valid types: [${valid}]`,
  )
}

/** @throws S3Error `InvalidRequest` for an unknown type, or one that the algorithm does not have. */
export function parseType(algorithm: ChecksumAlgorithm, type: string | undefined): ChecksumType {
  const { types } = traits[algorithm]
  if (type === undefined) return types[0]
  const upper = type.toUpperCase()
  if (upper !== 'FULL_OBJECT' && upper !== 'COMPOSITE') {
    throw new S3Error('InvalidRequest', 'Value for x-amz-checksum-type header is invalid.')
  }
  if (types.includes(upper)) return upper
  throw new S3Error(
    'InvalidRequest',
    `The ${upper} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
  )
}

/**
 * The one checksum among headers or trailers.
 *
 * @throws S3Error `InvalidRequest` for two of them, or a value that is no checksum; `NotImplemented` for
 * S3's other algorithms.
 */
export function checksumIn(
  headers: ReadonlyMap<string, string>,
): Pick<Checksum, 'algorithm' | 'value'> | undefined {
  const found = [...headers].flatMap(([name, value]) => {
    const algorithm = algorithmOfHeader(name)
    return algorithm === undefined ? [] : [{ algorithm, value }]
  })
  if (found.length > 1) {
    throw new S3Error(
      'InvalidRequest',
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    )
  }
  const [checksum] = found
  if (checksum !== undefined) assertValue(checksum.algorithm, checksum.value)
  return checksum
}

/** The algorithm that a header of the form `x-amz-checksum-<algorithm>` carries. */
export function algorithmOfHeader(name: string): ChecksumAlgorithm | undefined {
  if (!name.startsWith('x-amz-checksum-')) return undefined
  const algorithm = name.slice('x-amz-checksum-'.length).toUpperCase()
  if (Object.hasOwn(traits, algorithm)) return algorithm as ChecksumAlgorithm
  if (otherAlgorithms.includes(algorithm)) throw notImplemented(name)
  return undefined
}

function assertValue(algorithm: ChecksumAlgorithm, value: string): void {
  const bytes = Buffer.from(value, 'base64')
  if (bytes.length === traits[algorithm].length && bytes.toString('base64') === value) return
  throw new S3Error('InvalidRequest', `Value for ${checksumHeader(algorithm)} header is invalid.`)
}
