import {
  ALGORITHM,
  amzDate,
  type Credentials,
  canonicalRequest,
  encodeKey,
  hmac,
  type Scope,
  scopeText,
  sha256Hex,
  signingKey,
  stringToSign,
  UNSIGNED_PAYLOAD,
} from './sigv4.ts'

export interface RequestToSign {
  method: string
  /** As it will be sent. */
  url: string | URL
  /** All are signed, so give none that a proxy may change. Host is added. @default {} */
  headers?: Record<string, string>
  /** SHA-256 of the body, in hex. @default 'UNSIGNED-PAYLOAD', which S3 takes */
  payloadHash?: string
  credentials: Credentials
  region: string
  /** @default 's3' */
  service?: string
  /** @default the current time */
  now?: Date
}

/**
 * Signs a request in its headers.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 *
 * @returns the headers to send: those given and `authorization`, `x-amz-date`, `x-amz-content-sha256` and, with temporary
 * credentials, `x-amz-security-token`. Names are in lower case; Host is left to the HTTP client.
 */
export function signRequest({
  method,
  url,
  headers = {},
  payloadHash = UNSIGNED_PAYLOAD,
  credentials: { accessKeyId, secretAccessKey, sessionToken },
  region,
  service = 's3',
  now = new Date(),
}: RequestToSign): Record<string, string> {
  const { host, pathname, searchParams } = new URL(url)
  const dateTime = amzDate(now)
  const scope: Scope = { date: dateTime.slice(0, 8), region, service }
  const toSend: Record<string, string> = {
    ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    'x-amz-content-sha256': payloadHash,
    'x-amz-date': dateTime,
    ...(sessionToken && { 'x-amz-security-token': sessionToken }),
  }
  const { text, signedHeaders } = canonicalRequest({
    method,
    path: canonicalPath(pathname, service),
    query: searchParams,
    headers: [['host', host], ...Object.entries(toSend)],
    payloadHash,
  })
  const key = signingKey(secretAccessKey, scope)
  const signature = hmac(key, stringToSign(dateTime, scope, sha256Hex(text))).toString('hex')
  const credential = `${accessKeyId}/${scopeText(scope)}`
  return {
    ...toSend,
    authorization: `${ALGORITHM} Credential=${credential}, SignedHeaders=${signedHeaders}, Signature=${signature}`,
  }
}

/** S3 encodes each path segment once; every other service encodes what is sent a second time. */
function canonicalPath(pathname: string, service: string): string {
  return encodeKey(service === 's3' ? decodeURIComponent(pathname) : pathname)
}
