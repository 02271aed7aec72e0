/**
 * Of what an issuer gave, the token that names this client, which is what the API asks for: the access token where it is a JWT
 * for the client, as Amazon Cognito's is. Others make it opaque (Auth0) or for an API of their own (Keycloak,
 * Microsoft Entra); the ID token is always for the client.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
 */
export function bearerToken(
  tokens: { readonly access_token: string; readonly id_token?: string | undefined },
  clientId: string,
): string {
  const { access_token: accessToken, id_token: idToken = accessToken } = tokens
  return audienceOf(accessToken).includes(clientId) ? accessToken : idToken
}

/** `client_id` counts where there is no `aud`. Nothing is verified here: that is the API's to do. */
function audienceOf(token: string): unknown[] {
  const [, payload = ''] = token.split('.')
  try {
    const { aud, client_id } = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')))
    return [aud ?? client_id].flat()
  } catch {
    return []
  }
}
