import type { Scope } from '../../signing/sigv4.ts'
import { ALGORITHM, amzDate, UNSIGNED_PAYLOAD } from '../../signing/sigv4.ts'
import { parseExpires, parseScope, parseTime } from './credential-fields.ts'
import { S3Error } from './errors.ts'
import type { S3Request } from './request.ts'

/** What a request says about its signature, in its header or in its query. */
export interface Credential {
  accessKeyId: string
  scope: Scope
  /** As in `X-Amz-Date`: `20261121T013425Z`. */
  dateTime: string
  signedAt: Date
  /** Lower case. */
  signedHeaders: readonly string[]
  /** In hex. */
  signature: string
  token: string | undefined
  /** SHA-256 in hex, or one of S3's literals. */
  payloadHash: string
  /** Of a presigned URL; `undefined` for a signature in the header. */
  expiresSeconds: number | undefined
}

/**
 * @param region The endpoint's.
 * @throws S3Error `AccessDenied` where there is no signature, and S3's own errors where it is malformed.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 */
export function readCredential(request: S3Request, region: string): Credential {
  const authorization = request.headers.get('authorization')
  const presigned = request.query.has('X-Amz-Algorithm') || request.query.has('X-Amz-Signature')
  if (request.query.has('AWSAccessKeyId') || authorization?.startsWith('AWS ')) {
    throw new S3Error(
      'InvalidRequest',
      `The authorization mechanism you have provided is not supported. Please use ${ALGORITHM}.`,
    )
  }
  if (authorization !== undefined && presigned) {
    throw new S3Error(
      'InvalidArgument',
      'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified',
    )
  }
  if (authorization !== undefined) return fromHeader(request, authorization, region)
  if (presigned) return fromQuery(request, region)
  throw new S3Error('AccessDenied')
}

function fromHeader(request: S3Request, authorization: string, region: string): Credential {
  const code = 'AuthorizationHeaderMalformed'
  const [algorithm, ...rest] = authorization.trim().split(/\s+/)
  if (algorithm !== ALGORITHM) throw new S3Error('InvalidArgument', 'Unsupported Authorization Type')
  const fields = new Map(
    rest
      .join('')
      .split(',')
      .map((field) => [field.slice(0, field.indexOf('=')), field.slice(field.indexOf('=') + 1)]),
  )
  const field = (name: string) => {
    const value = fields.get(name)
    if (value) return value
    throw new S3Error(
      code,
      `The authorization header is malformed; the authorization component "${name}=..." is missing.`,
    )
  }
  const payloadHash = request.headers.get('x-amz-content-sha256')
  if (payloadHash === undefined) {
    throw new S3Error('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256')
  }
  return {
    ...parseScope(field('Credential'), region, code, 'The authorization header is malformed;'),
    ...parseHeaderTime(request),
    signedHeaders: field('SignedHeaders').toLowerCase().split(';'),
    signature: field('Signature'),
    token: request.headers.get('x-amz-security-token'),
    payloadHash,
    expiresSeconds: undefined,
  }
}

function fromQuery(request: S3Request, region: string): Credential {
  const code = 'AuthorizationQueryParametersError'
  const parameter = (name: string) => {
    const value = request.query.get(`X-Amz-${name}`)
    if (value) return value
    throw new S3Error(code)
  }
  if (parameter('Algorithm') !== ALGORITHM) {
    throw new S3Error(code, `X-Amz-Algorithm only supports "${ALGORITHM}"`)
  }
  const dateTime = parameter('Date')
  const signedAt = parseTime(dateTime)
  if (signedAt === undefined) {
    throw new S3Error(code, "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
  }
  return {
    ...parseScope(parameter('Credential'), region, code, 'Error parsing the X-Amz-Credential parameter;'),
    dateTime,
    signedAt,
    signedHeaders: parameter('SignedHeaders').toLowerCase().split(';'),
    signature: parameter('Signature'),
    token: request.query.get('X-Amz-Security-Token'),
    payloadHash:
      request.query.get('X-Amz-Content-Sha256') ??
      request.headers.get('x-amz-content-sha256') ??
      UNSIGNED_PAYLOAD,
    expiresSeconds: parseExpires(parameter('Expires')),
  }
}

function parseHeaderTime(request: S3Request): { dateTime: string; signedAt: Date } {
  const text = request.headers.get('x-amz-date')
  const signedAt = text === undefined ? undefined : parseTime(text)
  if (text !== undefined && signedAt !== undefined) return { dateTime: text, signedAt }
  const date = new Date(request.headers.get('date') ?? '')
  if (Number.isNaN(date.getTime())) {
    throw new S3Error('AccessDenied', 'AWS authentication requires a valid Date or x-amz-date header')
  }
  return { dateTime: amzDate(date), signedAt: date }
}
