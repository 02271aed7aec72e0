import { createHash, createHmac } from 'node:crypto'

/**
 * AWS Signature Version 4: the pieces that signing, presigning and verifying share.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */

export const ALGORITHM = 'AWS4-HMAC-SHA256'
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD'

export interface Credentials {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string | undefined
}

/** What a signature is valid for: one day (`yyyymmdd`), one region, one service. */
export interface Scope {
  date: string
  region: string
  service: string
}

export interface CanonicalInput {
  method: string
  /** The path as sent, already percent-encoded once. S3 does not normalise it. */
  path: string
  /** Decoded names and values, in any order. */
  query: Iterable<readonly [name: string, value: string]>
  /** The signed headers, in any order and case. */
  headers: Iterable<readonly [name: string, value: string]>
  /** SHA-256 in hex, or one of S3's literals such as `UNSIGNED-PAYLOAD`. */
  payloadHash: string
}

export interface CanonicalRequest {
  /** What is hashed into the string to sign. */
  text: string
  /** The query string, encoded and sorted. */
  query: string
  /** Lower-case names, sorted, joined with `;`. */
  signedHeaders: string
}

/** RFC 3986 percent-encoding: all but `A-Z a-z 0-9 - _ . ~` is escaped. */
export function uriEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** An object key as it stands in a URL's path: encoded, with its slashes kept. */
export function encodeKey(key: string): string {
  return key.split('/').map(uriEncode).join('/')
}

/** The canonical query string: encoded, sorted by name and then by value. */
export function canonicalQuery(query: CanonicalInput['query']): string {
  return [...query]
    .map(([name, value]) => [uriEncode(name), uriEncode(value)] as const)
    .sort(([a, x], [b, y]) => order(a, b) || order(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

export function canonicalRequest({
  method,
  path,
  query,
  headers,
  payloadHash,
}: CanonicalInput): CanonicalRequest {
  const pairs = [...headers]
  const signedHeaders = signedHeaderNames(pairs)
  const sortedQuery = canonicalQuery(query)
  const lines = pairs
    .map(([name, value]) => [name.toLowerCase(), canonicalValue(value)] as const)
    .sort(([a], [b]) => order(a, b))
    .map(([name, value]) => `${name}:${value}\n`)
    .join('')
  return {
    text: `${method}\n${path}\n${sortedQuery}\n${lines}\n${signedHeaders}\n${payloadHash}`,
    query: sortedQuery,
    signedHeaders,
  }
}

/** @returns lower-case names, sorted, joined with `;` */
export function signedHeaderNames(headers: CanonicalInput['headers']): string {
  return [...headers]
    .map(([name]) => name.toLowerCase())
    .sort(order)
    .join(';')
}

/** @returns `20261121T013425Z`, the only form of time that SigV4 knows. */
export function amzDate(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
}

/** @returns `20261121/us-east-1/s3/aws4_request` */
export function scopeText({ date, region, service }: Scope): string {
  return `${date}/${region}/${service}/aws4_request`
}

/** @param hashedRequest SHA-256 of the canonical request, in hex. */
export function stringToSign(dateTime: string, scope: Scope, hashedRequest: string): string {
  return `${ALGORITHM}\n${dateTime}\n${scopeText(scope)}\n${hashedRequest}`
}

/** The key that a day's requests to one service in one region are signed with. 32 bytes. */
export function signingKey(secretAccessKey: string, { date, region, service }: Scope): Buffer {
  return [date, region, service, 'aws4_request'].reduce<Buffer>(
    (key, part) => hmac(key, part),
    Buffer.from(`AWS4${secretAccessKey}`),
  )
}

export function hmac(key: Uint8Array, data: string | Uint8Array): Buffer {
  return createHmac('sha256', key).update(data).digest()
}

/** SHA-256 in lower-case hex. */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

/** Without outer white space, and with one space for each inner run of it; never a line break, which would add a header. */
function canonicalValue(value: string): string {
  return value.replace(/[ \t\r\n]+/g, ' ').replace(/^ | $/g, '')
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
