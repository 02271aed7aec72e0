import { createHash } from 'node:crypto'
import { UNSIGNED_PAYLOAD } from '../../signing/sigv4.ts'
import type { Authentication } from './auth.ts'
import { decodeChunks } from './chunked.ts'
import { invalidArgument, notImplemented, S3Error } from './errors.ts'
import type { S3Request } from './request.ts'

const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024

/** A request's body, freed of its transfer and content encodings. */
export interface Body {
  /** How many bytes it will be. */
  size: number
  /** Throws at its end where the body is not what the request's signature covers. Read it once. */
  bytes: AsyncIterable<Buffer>
  /** The trailing headers, complete once `bytes` has ended. */
  trailers: ReadonlyMap<string, string>
}

/**
 * Reads nothing yet: a request can still be refused before its body arrives.
 *
 * @throws S3Error `MissingContentLength`, `NotImplemented` for a body of unknown length, `InvalidArgument`.
 */
export function openBody(request: S3Request, authentication: Authentication): Body {
  const { payloadHash } = authentication.credential
  const trailers = new Map<string, string>()
  const raw = receive(request)
  const whole = (size: number, bytes: AsyncIterable<Buffer>) => ({
    size,
    bytes: exactly(size, bytes),
    trailers,
  })
  switch (payloadHash) {
    case UNSIGNED_PAYLOAD:
      return whole(contentLength(request), raw)
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD':
    case 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER':
      return whole(decodedLength(request), decodeChunks(raw, authentication, trailers))
    case 'STREAMING-UNSIGNED-PAYLOAD-TRAILER':
      return whole(decodedLength(request), decodeChunks(raw, undefined, trailers))
  }
  if (payloadHash.startsWith('STREAMING-')) throw notImplemented(`x-amz-content-sha256: ${payloadHash}`)
  if (!/^[0-9a-f]{64}$/i.test(payloadHash)) {
    throw invalidArgument(
      'x-amz-content-sha256',
      payloadHash,
      'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.',
    )
  }
  return whole(contentLength(request), hashed(raw, payloadHash.toLowerCase()))
}

/** @throws S3Error `MaxMessageLengthExceeded` for more than an XML document of S3 can be. */
export async function readText(body: Body, observe: (chunk: Buffer) => void): Promise<string> {
  if (body.size > MAX_DOCUMENT_BYTES) throw new S3Error('MaxMessageLengthExceeded')
  const chunks: Buffer[] = []
  for await (const chunk of body.bytes) {
    observe(chunk)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

async function* receive(request: S3Request): AsyncGenerator<Buffer> {
  request.proceed()
  try {
    // The default would destroy the connection together with an iterator that is left early.
    yield* request.incoming.iterator({ destroyOnReturn: false })
  } catch (cause) {
    throw Object.assign(new S3Error('IncompleteBody'), { cause })
  }
}

async function* exactly(size: number, bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let received = 0
  for await (const chunk of bytes) {
    received += chunk.length
    if (received > size) break
    yield chunk
  }
  if (received === size) return
  throw new S3Error('IncompleteBody', undefined, {
    NumberBytesExpected: size,
    NumberBytesProvided: received,
  })
}

async function* hashed(bytes: AsyncIterable<Buffer>, expected: string): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  for await (const chunk of bytes) {
    hash.update(chunk)
    yield chunk
  }
  const computed = hash.digest('hex')
  if (computed === expected) return
  throw new S3Error('XAmzContentSHA256Mismatch', undefined, {
    ClientComputedContentSHA256: expected,
    S3ComputedContentSHA256: computed,
  })
}

function contentLength(request: S3Request): number {
  const { headers } = request
  if (headers.has('transfer-encoding')) throw notImplemented('Transfer-Encoding')
  if (hasAwsChunked(request)) {
    throw new S3Error(
      'InvalidRequest',
      'expected an x-amz-content-sha256 that begins with STREAMING-, as the Content-Encoding is aws-chunked; leave one of the two out',
    )
  }
  return parseLength(headers.get('content-length'))
}

function decodedLength({ headers }: S3Request): number {
  return parseLength(headers.get('x-amz-decoded-content-length'))
}

function parseLength(text: string | undefined): number {
  if (text === undefined) throw new S3Error('MissingContentLength')
  if (!/^\d{1,15}$/.test(text)) throw new S3Error('BadRequest', `expected a length in bytes, got ${text}`)
  return Number(text)
}

function hasAwsChunked({ headers }: S3Request): boolean {
  return (headers.get('content-encoding') ?? '').toLowerCase().includes('aws-chunked')
}
