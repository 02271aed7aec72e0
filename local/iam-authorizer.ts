import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { canonicalRequest, encodeKey, hmac, sha256Hex, signingKey, stringToSign } from '../signing/sigv4.ts'
import { ACCOUNT_ID, REGION } from './intrinsics.ts'
import type { Principal } from './s3/principal.ts'

/** What the gateway tells the function of whoever signed. */
export interface IamContext {
  accessKey: string
  accountId: string
  callerId: string
  cognitoIdentity: null
  principalOrgId: string
  userArn: string
  userId: string
}

/** Whoever signed is told `Forbidden`, whatever the reason. */
export class SignatureRefused extends Error {
  override name = 'SignatureRefused'
}

export interface IamOptions {
  apiId: string
  findPrincipal(accessKeyId: string): Principal | undefined
  now?: () => Date
}

const MAX_SKEW_MS = 5 * 60 * 1000
const HEADER =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/([^,\s]+), ?SignedHeaders=([^,\s]+), ?Signature=([^,\s]+)$/

/**
 * The IAM authorization of an HTTP API: a SigV4 signature, in the headers, for `execute-api`, by somebody who may invoke the route.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html
 *
 * @returns a function of the request and its body, that throws {@link SignatureRefused}
 */
export function createIamAuthorizer({ apiId, findPrincipal, now = () => new Date() }: IamOptions) {
  return function authorize(request: IncomingMessage, body: Buffer): IamContext {
    const { method = '', headers, url = '/' } = request
    const [, accessKeyId, scope, signedHeaders = '', signature = ''] =
      HEADER.exec(headers.authorization ?? '') ?? []
    const dateTime = String(headers['x-amz-date'] ?? '')
    if (!accessKeyId || !scope) throw new SignatureRefused('the signature is missing')
    const [path = '/', query = ''] = url.split(/\?(.*)/s)
    const principal = live(findPrincipal(accessKeyId), headers['x-amz-security-token'], now())
    requireTime(dateTime, now())
    const date = dateTime.slice(0, 8)
    if (scope !== `${date}/${REGION}/execute-api/aws4_request`) {
      throw new SignatureRefused(`the scope ${scope} is another’s`)
    }
    const names = signedHeaders.split(';')
    if (!names.includes('host')) throw new SignatureRefused('the host is not signed')
    const { text } = canonicalRequest({
      method,
      path: encodeKey(path),
      query: new URLSearchParams(query.replaceAll('+', '%2B')),
      headers: names.map((name) => [name, String(headers[name] ?? '')]),
      payloadHash: sha256Hex(body),
    })
    const key = signingKey(principal.secretAccessKey, { date, region: REGION, service: 'execute-api' })
    const toSign = stringToSign(dateTime, { date, region: REGION, service: 'execute-api' }, sha256Hex(text))
    if (!isSame(signature, hmac(key, toSign).toString('hex'))) {
      throw new SignatureRefused('the signature does not match')
    }
    const route = `arn:aws:execute-api:${REGION}:${ACCOUNT_ID}:${apiId}/$default/${method}${path}`
    if (!principal.allows('execute-api:Invoke', route, {})) {
      throw new SignatureRefused(`execute-api:Invoke on ${route} is not allowed`)
    }
    return contextOf(principal)
  }
}

function live(principal: Principal | undefined, token: unknown, now: Date): Principal {
  if (!principal) throw new SignatureRefused('the access key is unknown')
  if ((principal.sessionToken ?? undefined) !== token) throw new SignatureRefused('the token is another’s')
  if (principal.expiresAt && principal.expiresAt <= now) throw new SignatureRefused('the token has expired')
  return principal
}

function requireTime(dateTime: string, now: Date): void {
  const signedAt = Date.parse(
    dateTime.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  )
  if (!(Math.abs(signedAt - now.getTime()) <= MAX_SKEW_MS))
    throw new SignatureRefused('the signature has expired')
}

function isSame(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}

function contextOf({ accessKeyId, userId = ACCOUNT_ID }: Principal): IamContext {
  return {
    accessKey: accessKeyId,
    accountId: ACCOUNT_ID,
    callerId: userId,
    cognitoIdentity: null,
    principalOrgId: 'aws:PrincipalOrgID',
    userArn: `arn:aws:iam::${ACCOUNT_ID}:${userId === ACCOUNT_ID ? 'root' : `user/${userId}`}`,
    userId,
  }
}
