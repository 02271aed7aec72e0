/** As an issuer's token endpoint answers. */
export interface TokenAnswer {
  readonly access_token: string
  readonly id_token?: string | undefined
}

/**
 * Of what an issuer gave, the token that names this client, which is what the API asks for: the access token where it is a JWT
 * for the client, as Amazon Cognito's is. Others make it opaque (Auth0) or for an API of their own (Keycloak,
 * Microsoft Entra); the ID token is always for the client.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
 */
export function bearerToken(tokens: TokenAnswer, clientId: string): string {
  const { access_token: accessToken, id_token: idToken = accessToken } = tokens
  const { aud, client_id } = claimsOf(accessToken)
  // `client_id` counts where there is no `aud`.
  return [aud ?? client_id].flat().includes(clientId) ? accessToken : idToken
}

/** What a JWT says; nothing for any other text. Nothing is verified here: that is the API's to do. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> {
  const [, payload = ''] = token.split('.')
  try {
    const bytes = atob(payload.replaceAll('-', '+').replaceAll('_', '/'))
    const text = new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)))
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}
