import { createHash } from 'node:crypto'
import {
  algorithmOfHeader,
  type Checksum,
  type ChecksumAlgorithm,
  checksumIn,
  createDigest,
  type Digest,
} from './checksum.ts'
import { S3Error } from './errors.ts'
import { SparseDigest } from './sparse-digest.ts'

type Headers = ReadonlyMap<string, string>
type ChecksumValue = Pick<Checksum, 'algorithm' | 'value'>

/** The digests of a body as it arrives, and what the client says that they should be. */
export class Integrity {
  /** What the client announced, in a header or for a trailer; `undefined` where it announced nothing. */
  readonly announced: ChecksumAlgorithm | undefined
  readonly #md5 = new SparseDigest('MD5', () => createHash('md5'))
  readonly #contentMd5: string | undefined
  readonly #inHeader: ChecksumValue | undefined
  readonly #checksum: { algorithm: ChecksumAlgorithm; digest: Digest } | undefined

  /**
   * @param computed An algorithm to compute where the client announces none.
   * @throws S3Error `InvalidDigest`, `InvalidRequest` for what is no MD5 or checksum, `NotImplemented`.
   */
  constructor(headers: Headers, computed?: ChecksumAlgorithm) {
    this.#contentMd5 = contentMd5(headers)
    this.#inHeader = checksumIn(headers)
    this.announced = this.#inHeader?.algorithm ?? trailerAlgorithm(headers)
    const algorithm = this.announced ?? computed
    this.#checksum = algorithm && {
      algorithm,
      digest: new SparseDigest(algorithm, () => createDigest(algorithm)),
    }
  }

  update(chunk: Buffer): void {
    this.#md5.update(chunk)
    this.#checksum?.digest.update(chunk)
  }

  /** @throws S3Error `BadDigest` where the client said otherwise; `InvalidRequest` for a missing trailer. */
  finish(trailers: Headers): { md5: string; checksum: ChecksumValue | undefined } {
    const md5 = Buffer.from(this.#md5.digest())
    if (this.#contentMd5 !== undefined && this.#contentMd5 !== md5.toString('base64')) {
      throw new S3Error('BadDigest', undefined, {
        ExpectedDigest: this.#contentMd5,
        CalculatedDigest: md5.toString('base64'),
      })
    }
    return { md5: md5.toString('hex'), checksum: this.#finishChecksum(trailers) }
  }

  #finishChecksum(trailers: Headers): ChecksumValue | undefined {
    if (this.#checksum === undefined) return undefined
    const { algorithm, digest } = this.#checksum
    const value = Buffer.from(digest.digest()).toString('base64')
    if (this.announced === undefined) return { algorithm, value }
    const expected = this.#inHeader ?? checksumIn(trailers)
    if (expected?.algorithm !== algorithm) {
      throw new S3Error('InvalidRequest', 'The trailer that x-amz-trailer announces is missing.')
    }
    if (expected.value === value) return { algorithm, value }
    throw new S3Error('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`)
  }
}

function contentMd5(headers: Headers): string | undefined {
  const value = headers.get('content-md5')
  if (value === undefined) return undefined
  const bytes = Buffer.from(value, 'base64')
  if (bytes.length === 16 && bytes.toString('base64') === value) return value
  throw new S3Error('InvalidDigest', undefined, { 'Content-MD5': value })
}

function trailerAlgorithm(headers: Headers): ChecksumAlgorithm | undefined {
  const name = headers.get('x-amz-trailer')?.trim().toLowerCase()
  return name === undefined ? undefined : algorithmOfHeader(name)
}
