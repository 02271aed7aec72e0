import { createHash } from 'node:crypto'
import { hmac, scopeText, sha256Hex } from '../../signing/sigv4.ts'
import { type Authentication, sameText } from './auth.ts'
import { S3Error } from './errors.ts'

/**
 * The `aws-chunked` encoding, whose chunks and trailers may each carry a signature.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */

const MAX_LINE_BYTES = 8 * 1024
const CRLF = Buffer.from('\r\n')
const EMPTY_SHA256 = sha256Hex('')

/**
 * The bytes inside an aws-chunked body.
 *
 * @param signer Of the request, where its chunks are signed as well.
 * @param trailers Receives the trailing headers, in lower case, before the last byte is out.
 * @throws S3Error `SignatureDoesNotMatch` for a chunk or trailer with a wrong signature, `IncompleteBody` for
 * a body that ends early, `InvalidRequest` for anything that is no chunk.
 */
export async function* decodeChunks(
  source: AsyncIterable<Buffer>,
  signer: Authentication | undefined,
  trailers: Map<string, string>,
): AsyncGenerator<Buffer> {
  const reader = new LineReader(source)
  try {
    yield* decode(reader, signer && new ChunkSignatures(signer), trailers)
  } finally {
    await reader.close()
  }
}

async function* decode(
  reader: LineReader,
  signatures: ChunkSignatures | undefined,
  trailers: Map<string, string>,
): AsyncGenerator<Buffer> {
  for (;;) {
    const { size, signature } = parseChunkHeader(await reader.line())
    const hash = signatures && createHash('sha256')
    for await (const piece of reader.bytes(size)) {
      hash?.update(piece)
      yield piece
    }
    if (hash !== undefined) signatures?.assertChunk(hash.digest('hex'), signature)
    if (size === 0) break
    if ((await reader.line()) !== '') throw malformed('a chunk is longer than its header says')
  }
  const signature = await readTrailers(reader, trailers)
  if (trailers.size > 0) signatures?.assertTrailers(trailers, signature)
}

/** @returns The signature of the trailers, where there is one. */
async function readTrailers(reader: LineReader, trailers: Map<string, string>): Promise<string | undefined> {
  let signature: string | undefined
  for (let line = await reader.line(); line !== ''; line = await reader.line()) {
    const colon = line.indexOf(':')
    if (colon < 1) throw malformed('a trailer is no header')
    const name = line.slice(0, colon).trim().toLowerCase()
    const value = line.slice(colon + 1).trim()
    if (name === 'x-amz-trailer-signature') signature = value
    else trailers.set(name, value)
  }
  return signature
}

function parseChunkHeader(line: string): { size: number; signature: string | undefined } {
  const match = /^([0-9a-f]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/i.exec(line)
  if (match === null) throw malformed('a chunk has no size')
  return { size: Number.parseInt(match[1] ?? '', 16), signature: match[2] }
}

function malformed(what: string): S3Error {
  return new S3Error(
    'InvalidRequest',
    `expected an aws-chunked body, but ${what}; check the Content-Encoding`,
  )
}

/** The chain of signatures, which begins with the request's own. */
class ChunkSignatures {
  readonly #signer: Authentication
  #previous: string

  constructor(signer: Authentication) {
    this.#signer = signer
    this.#previous = signer.credential.signature
  }

  assertChunk(hash: string, signature: string | undefined): void {
    this.#assert('AWS4-HMAC-SHA256-PAYLOAD', `${EMPTY_SHA256}\n${hash}`, signature)
  }

  assertTrailers(trailers: ReadonlyMap<string, string>, signature: string | undefined): void {
    const text = [...trailers].map(([name, value]) => `${name}:${value}\n`).join('')
    this.#assert('AWS4-HMAC-SHA256-TRAILER', sha256Hex(text), signature)
  }

  #assert(kind: string, hashes: string, signature = ''): void {
    const { credential, signingKey } = this.#signer
    const text = `${kind}\n${credential.dateTime}\n${scopeText(credential.scope)}\n${this.#previous}\n${hashes}`
    const expected = hmac(signingKey, text).toString('hex')
    if (!sameText(expected, signature)) {
      const details = { StringToSign: text, SignatureProvided: signature }
      throw new S3Error('SignatureDoesNotMatch', undefined, details)
    }
    this.#previous = expected
  }
}

/** Takes a stream apart into lines and runs of bytes, without copying the runs. */
class LineReader {
  readonly #source: AsyncIterator<Buffer>
  #held: Buffer = Buffer.alloc(0)

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  async line(): Promise<string> {
    for (let end = this.#held.indexOf(CRLF); ; end = this.#held.indexOf(CRLF)) {
      if (end >= 0) {
        const line = this.#held.toString('latin1', 0, end)
        this.#held = this.#held.subarray(end + CRLF.length)
        return line
      }
      if (this.#held.length > MAX_LINE_BYTES) throw malformed('a line of it is too long')
      this.#held = Buffer.concat([this.#held, await this.#next()])
    }
  }

  async *bytes(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0; ) {
      if (this.#held.length === 0) this.#held = await this.#next()
      const piece = this.#held.subarray(0, left)
      this.#held = this.#held.subarray(piece.length)
      left -= piece.length
      yield piece
    }
  }

  /** Lets go of the source, which somebody else may want to read to its end. */
  async close(): Promise<void> {
    await this.#source.return?.()
  }

  async #next(): Promise<Buffer> {
    const { done, value } = await this.#source.next()
    if (done) throw new S3Error('IncompleteBody')
    return value
  }
}
