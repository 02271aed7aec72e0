import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'

/** What the gateway tells the function of a token that it took. */
export interface JwtContext {
  /** Flattened, as AWS flattens them. */
  claims: Record<string, string>
  scopes: string[] | null
}

/** Tells of a token why it is not taken. */
export class TokenRefused extends Error {
  override name = 'TokenRefused'
}

export interface JwtDescription {
  issuer: string
  audience: string[]
}

/** HTTP APIs take tokens that are signed with RSA, and no others. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512']

/**
 * The JWT authorizer of an HTTP API: a bearer token of the issuer, signed with one of its current keys, in its time, and for
 * one of the audiences.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
 *
 * @returns a function of the Authorization header, that throws {@link TokenRefused}
 */
export function createJwtAuthorizer({ issuer, audience }: JwtDescription) {
  let keys: Promise<JWTVerifyGetKey> | undefined

  return async function authorize(header: string | undefined): Promise<JwtContext> {
    const token = header?.replace(/^bearer /i, '')
    if (!token) throw new TokenRefused('the token is missing')
    keys ??= discoverKeys(issuer)
    // An issuer that could not be reached is asked again by the next request.
    keys.catch(() => {
      keys = undefined
    })
    const payload = await verify(token, await keys, issuer)
    const meant = [payload.aud ?? payload.client_id].flat()
    if (!meant.some((name) => audience.includes(String(name)))) {
      throw new TokenRefused('the token has an invalid audience')
    }
    return { claims: flatten(payload), scopes: null }
  }
}

async function verify(token: string, keys: JWTVerifyGetKey, issuer: string): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      algorithms: ALGORITHMS,
      requiredClaims: ['exp', 'iss'],
    })
    return payload
  } catch (error) {
    if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout)) {
      throw new TokenRefused(error.message, { cause: error })
    }
    throw error
  }
}

/** https://openid.net/specs/openid-connect-discovery-1_0.html */
async function discoverKeys(issuer: string): Promise<JWTVerifyGetKey> {
  const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
  const { jwks_uri: uri } = (await response.json()) as { jwks_uri?: string }
  if (!uri) throw new Error(`Expected a jwks_uri in the configuration of ${issuer}, got none.`)
  return createRemoteJWKSet(new URL(uri), { cooldownDuration: 1_000 })
}

/** Every claim as text: an array as `[a b]`, unquoted, which is why groups are not read from here. */
function flatten(payload: JWTPayload): Record<string, string> {
  return Object.fromEntries(
    Object.entries(payload).map(([name, value]) => [
      name,
      Array.isArray(value)
        ? `[${value.join(' ')}]`
        : typeof value === 'object'
          ? JSON.stringify(value)
          : String(value),
    ]),
  )
}
