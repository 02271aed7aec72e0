import { type RequestToSign, signRequest } from '../../signing/request.ts'
import { sha256Hex } from '../../signing/sigv4.ts'
import { ADMINISTRATOR, REGION } from './account.ts'

export interface AwsCall {
  readonly service: string
  readonly method?: string
  readonly path?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

/**
 * Calls AWS as the account's administrator.
 *
 * @throws Error with the answer, unless it is a success
 */
export async function callAws(endpoint: string, call: AwsCall): Promise<string> {
  const { service, method = 'POST', path = '/', headers = {}, body = '' } = call
  const url = new URL(path, endpoint)
  const response = await fetch(url, {
    method,
    headers: signed({ service, method, url, headers, body, credentials: ADMINISTRATOR }),
    ...(body && { body }),
  })
  const text = await response.text()
  if (!response.ok)
    throw new Error(`Expected ${service} to take ${method} ${path} ${body}, got ${response.status} ${text}`)
  return text
}

/** A call in the query protocol, which the older services speak. */
export function queryCall(service: string, version: string, parameters: Record<string, string>): AwsCall {
  return {
    service,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ Version: version, ...parameters }).toString(),
  }
}

/** The headers that sign a request with its body. */
export function signed({
  body,
  ...request
}: Omit<RequestToSign, 'region' | 'payloadHash'> & { body: string }): Record<string, string> {
  return signRequest({ ...request, region: REGION, payloadHash: sha256Hex(body) })
}
