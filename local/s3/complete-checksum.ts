import { algorithmOfHeader, type Checksum, checksumHeader } from './checksum.ts'
import { checksumOfParts } from './checksum-of-parts.ts'
import { S3Error } from './errors.ts'
import type { StoredPart } from './store/records.ts'
import type { Upload } from './store/uploads.ts'

type Headers = ReadonlyMap<string, string>

/**
 * The checksum of the object that these parts make, compared with what the client says of it.
 *
 * @throws S3Error `BadDigest`, `InvalidRequest` for a type that is not the upload's.
 */
export function objectChecksum(
  upload: Upload,
  parts: readonly StoredPart[],
  headers: Headers,
): Checksum | undefined {
  const claimed = [...headers].filter(([name]) => algorithmOfHeader(name) !== undefined)
  const type = headers.get('x-amz-checksum-type')
  if (upload.checksum === undefined) {
    if (type === undefined && claimed.length === 0) return undefined
    throw new S3Error(
      'InvalidRequest',
      'The upload was created without a checksum algorithm. The complete request must not name a checksum or its type.',
    )
  }
  if (type !== undefined && type !== upload.checksum.type) {
    throw new S3Error(
      'InvalidRequest',
      `The upload was created using the ${upload.checksum.type} checksum mode. The complete request must use the same checksum mode.`,
    )
  }
  const { algorithm } = upload.checksum
  const checksum = checksumOfParts(
    algorithm,
    upload.checksum.type,
    parts.map((part) => ({
      size: part.size,
      checksum: Buffer.from(part.checksum ?? '', 'hex').toString('base64'),
    })),
  )
  for (const [name, value] of claimed) assertClaim(checksum, name, value, type)
  return checksum
}

/** S3 takes the value of a full object only together with the type, even where the value is right. */
function assertClaim(computed: Checksum, name: string, value: string, type: string | undefined): void {
  const right = name === checksumHeader(computed.algorithm) && value === computed.value
  if (right && (type !== undefined || computed.type === 'COMPOSITE')) return
  throw new S3Error(
    'BadDigest',
    `The ${name.slice('x-amz-checksum-'.length)} you specified did not match the calculated checksum.`,
  )
}
