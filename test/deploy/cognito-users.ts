import { createHash, randomBytes } from 'node:crypto'
import { callAws } from './aws.ts'

export interface SignInPage {
  /** Where the pool's domain is. */
  readonly url: string
  readonly clientId: string
  /** One of the client's callback URLs. */
  readonly redirectUri: string
}

/** Of all users made here. */
export const PASSWORD = `Partway-${randomBytes(12).toString('hex')}`

/** Makes a user of the pool, as its administrator does. */
export async function createUser(endpoint: string, userPoolId: string, email: string): Promise<void> {
  const user = { UserPoolId: userPoolId, Username: email }
  const call = (operation: string, parameters: object) =>
    callAws(endpoint, {
      service: 'cognito-idp',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
      },
      body: JSON.stringify({ ...user, ...parameters }),
    })
  await call('AdminCreateUser', {
    MessageAction: 'SUPPRESS',
    UserAttributes: [{ Name: 'email', Value: email }],
  })
  await call('AdminSetUserPassword', { Password: PASSWORD, Permanent: true })
}

/** Signs in as a browser does: the code flow with PKCE, Cognito's form filled in. @returns an access token */
export async function signIn({ url, clientId, redirectUri }: SignInPage, email: string): Promise<string> {
  const verifier = randomBytes(32).toString('base64url')
  const authorize = new URL('/oauth2/authorize', url)
  authorize.search = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    scope: 'openid email',
    redirect_uri: redirectUri,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString()
  const form = new URLSearchParams({ username: email, password: PASSWORD })
  const html = await (await fetch(authorize)).text()
  for (const [, name = '', value = ''] of html.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)) {
    form.set(name, value)
  }
  const entered = await fetch(new URL('/login', url), { method: 'POST', body: form, redirect: 'manual' })
  const code = URL.parse(entered.headers.get('location') ?? '')?.searchParams.get('code')
  if (!code) throw new Error(`Expected Cognito to lead back with a code, got ${entered.status} ${html}.`)

  const grant = { grant_type: 'authorization_code', client_id: clientId, redirect_uri: redirectUri }
  const response = await fetch(new URL('/oauth2/token', url), {
    method: 'POST',
    body: new URLSearchParams({ ...grant, code, code_verifier: verifier }),
  })
  const text = await response.text()
  const { access_token: token }: { access_token?: string } = JSON.parse(text)
  if (!token) throw new Error(`Expected an access token, got ${response.status} ${text}.`)
  return token
}
