import { timingSafeEqual } from 'node:crypto'
import {
  type CanonicalRequest,
  canonicalRequest,
  hmac,
  sha256Hex,
  signingKey,
  stringToSign,
} from '../../signing/sigv4.ts'
import type { Endpoint } from './call.ts'
import { type Credential, readCredential } from './credential.ts'
import { S3Error } from './errors.ts'
import type { Principal } from './principal.ts'
import type { S3Request } from './request.ts'

const MAX_SKEW_MS = 15 * 60 * 1000

/** Who signed the request, and what the body's own signatures are checked with. */
export interface Authentication {
  principal: Principal
  credential: Credential
  signingKey: Buffer
}

/**
 * Checks a request's SigV4 signature, in its header or in its query.
 *
 * @throws S3Error As S3 answers: `SignatureDoesNotMatch`, `AccessDenied` ("Request has expired", unsigned
 * headers), `RequestTimeTooSkewed`, `InvalidAccessKeyId`, `InvalidToken`, `ExpiredToken` and the malformed ones.
 */
export function authenticate(
  request: S3Request,
  endpoint: Pick<Endpoint, 'region' | 'findPrincipal' | 'now'>,
): Authentication {
  const credential = readCredential(request, endpoint.region)
  const now = endpoint.now()
  assertTime(credential, now)
  assertHeadersSigned(request, credential)
  const principal = endpoint.findPrincipal(credential.accessKeyId)
  if (principal === undefined || (principal.sessionToken !== undefined && credential.token === undefined)) {
    throw new S3Error('InvalidAccessKeyId', undefined, { AWSAccessKeyId: credential.accessKeyId })
  }
  if (credential.token !== undefined && !sameText(credential.token, principal.sessionToken ?? '')) {
    throw new S3Error('InvalidToken', undefined, { 'Token-0': credential.token })
  }
  if (principal.expiresAt !== undefined && principal.expiresAt <= now) throw new S3Error('ExpiredToken')
  const key = signingKey(principal.secretAccessKey, credential.scope)
  assertSignature(request, credential, key)
  return { principal, credential, signingKey: key }
}

/** Compares in a time that says nothing about where two texts differ. */
export function sameText(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(sha256Hex(a)), Buffer.from(sha256Hex(b)))
}

function assertTime({ signedAt, dateTime, expiresSeconds }: Credential, now: Date): void {
  const age = now.getTime() - signedAt.getTime()
  if (expiresSeconds === undefined) {
    if (Math.abs(age) <= MAX_SKEW_MS) return
    throw new S3Error('RequestTimeTooSkewed', undefined, {
      RequestTime: dateTime,
      ServerTime: now.toISOString(),
      MaxAllowedSkewMilliseconds: MAX_SKEW_MS,
    })
  }
  if (age < -MAX_SKEW_MS) throw new S3Error('AccessDenied', 'Request is not yet valid')
  if (age <= expiresSeconds * 1000) return
  throw new S3Error('AccessDenied', 'Request has expired', {
    'X-Amz-Expires': expiresSeconds,
    Expires: new Date(signedAt.getTime() + expiresSeconds * 1000).toISOString(),
    ServerTime: now.toISOString(),
  })
}

function assertHeadersSigned(request: S3Request, { signedHeaders, expiresSeconds }: Credential): void {
  const mustBeSigned = (name: string) =>
    name === 'host' || name.startsWith('x-amz-') || (name === 'content-md5' && expiresSeconds !== undefined)
  const unsigned = [...request.headers.keys()].filter(
    (name) => mustBeSigned(name) && !signedHeaders.includes(name),
  )
  if (unsigned.length === 0) return
  throw new S3Error('AccessDenied', 'There were headers present in the request which were not signed', {
    HeadersNotSigned: unsigned.join(', '),
  })
}

function assertSignature(request: S3Request, credential: Credential, key: Buffer): void {
  const { scope, dateTime, signature } = credential
  const canonical = canonicalise(request, credential)
  const toSign = stringToSign(dateTime, scope, sha256Hex(canonical.text))
  const dateMatches = dateTime.startsWith(scope.date)
  if (dateMatches && sameText(signature, hmac(key, toSign).toString('hex'))) return
  throw new S3Error('SignatureDoesNotMatch', undefined, {
    AWSAccessKeyId: credential.accessKeyId,
    StringToSign: toSign,
    SignatureProvided: signature,
    StringToSignBytes: hexBytes(toSign),
    CanonicalRequest: canonical.text,
    CanonicalRequestBytes: hexBytes(canonical.text),
  })
}

function canonicalise(request: S3Request, { signedHeaders, payloadHash }: Credential): CanonicalRequest {
  return canonicalRequest({
    method: request.method,
    path: request.canonicalPath,
    query: request.queryList.filter(([name]) => name !== 'X-Amz-Signature'),
    headers: signedHeaders.map((name) => [name, request.headers.get(name) ?? '']),
    payloadHash,
  })
}

function hexBytes(text: string): string {
  return (Buffer.from(text).toString('hex').match(/../g) ?? []).join(' ')
}
