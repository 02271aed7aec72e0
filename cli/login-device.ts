import type * as Oidc from 'openid-client'
import { type DiscoveredIssuer, isRefusal } from './login-issuer.ts'

/** What a person needs to sign in elsewhere. */
export interface DeviceCode {
  readonly url: string
  /** That page with the code filled in, where the issuer has one. */
  readonly completeUrl: string | undefined
  readonly code: string
}

/** Of issuers that speak of the device flow and do not let this client use it. */
const NOT_FOR_THIS_CLIENT = ['unauthorized_client', 'invalid_client', 'unsupported_grant_type']

/**
 * The device flow (RFC 8628): the person opens a page on whatever machine has a browser, and types a code there.
 * @param show called with the page and the code
 * @returns the tokens; `undefined` where the issuer has no device flow for this client
 */
export async function signInByCode(
  { oidc, configuration, scope }: DiscoveredIssuer,
  show: (code: DeviceCode) => void,
  signal: AbortSignal,
): Promise<Oidc.TokenEndpointResponse | undefined> {
  if (!configuration.serverMetadata().device_authorization_endpoint) return undefined
  const begun = await oidc.initiateDeviceAuthorization(configuration, { scope }).catch((error: unknown) => {
    if (!isRefusal(error, ...NOT_FOR_THIS_CLIENT)) throw error
  })
  if (!begun) return undefined
  show({
    url: begun.verification_uri,
    completeUrl: begun.verification_uri_complete,
    code: begun.user_code,
  })
  return oidc.pollDeviceAuthorizationGrant(configuration, begun, undefined, { signal })
}
