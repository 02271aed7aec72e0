import { signRequest } from '../../signing/request.ts'
import { sha256Hex } from '../../signing/sigv4.ts'
import type { AwsCredentials } from './s3/credentials.ts'

/** What AWS says of credentials: whose they are, that they have expired, that there are none such, or nothing. */
export type Identity = { readonly arn: string } | 'expired' | 'invalid' | 'unknown'

export type AskIdentity = (credentials: AwsCredentials, now: Date, signal: AbortSignal) => Promise<Identity>

const BODY = 'Action=GetCallerIdentity&Version=2011-06-15'
const ANSWER_MS = 10_000
const INVALID = ['InvalidClientTokenId', 'SignatureDoesNotMatch']
/** Of names that only this machine has, AWS knows nothing. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

/**
 * Asks STS, which needs no permission: the gateway answers `Forbidden` to dead credentials and to a missing permission alike.
 * `AWS_ENDPOINT_URL_STS` names another STS.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export function createIdentityCheck(
  apiUrl: string | URL,
  region: string,
  { AWS_ENDPOINT_URL_STS: endpoint }: NodeJS.ProcessEnv = process.env,
): AskIdentity {
  if (!endpoint && LOOPBACK.includes(new URL(apiUrl).hostname)) return async () => 'unknown'
  const suffix = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  const url = new URL(endpoint || `https://sts.${region}.${suffix}/`)

  return async (credentials, now, signal) => {
    const headers = signRequest({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payloadHash: sha256Hex(BODY),
      credentials,
      region,
      service: 'sts',
      now,
    })
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)])
      const answer = await fetch(url, { method: 'POST', headers, body: BODY, signal: limit })
      return read(answer.status, await answer.text())
    } catch {
      signal.throwIfAborted()
      return 'unknown'
    }
  }
}

function read(status: number, xml: string): Identity {
  if (status === 200) return { arn: /<Arn>([^<]+)<\/Arn>/.exec(xml)?.[1] ?? 'somebody' }
  const code = /<Code>(\w+)<\/Code>/.exec(xml)?.[1] ?? ''
  if (code.startsWith('ExpiredToken')) return 'expired'
  return INVALID.includes(code) ? 'invalid' : 'unknown'
}
