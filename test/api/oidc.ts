import { createHash, randomBytes } from 'node:crypto'

/** Signs in at the local issuer as a browser would: code flow with PKCE, the form filled in. @returns an access token */
export async function signInAs(issuerUrl: string, apiUrl: string, name: string): Promise<string> {
  const browser = new Browser()
  const verifier = randomBytes(32).toString('base64url')
  const authorization = new URL('/auth', issuerUrl)
  authorization.search = new URLSearchParams({
    client_id: 'partway',
    response_type: 'code',
    scope: 'openid profile',
    redirect_uri: `${apiUrl}/`,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    state: 'state',
  }).toString()

  const form = await browser.follow(authorization, apiUrl)
  const back = await browser.follow(form, apiUrl, new URLSearchParams({ login: name }))
  const code = back.searchParams.get('code')
  if (!code) throw new Error(`Expected the issuer to lead back with a code, got ${back.search}.`)

  const response = await fetch(new URL('/token', issuerUrl), {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: 'partway',
      code,
      code_verifier: verifier,
      redirect_uri: `${apiUrl}/`,
    }),
  })
  const { access_token: token, error } = (await response.json()) as { access_token?: string; error?: string }
  if (!token) throw new Error(`Expected an access token, got ${error}.`)
  return token
}

/** Keeps cookies, and follows redirects up to a page that wants a person, or back to the app. */
class Browser {
  readonly #cookies = new Map<string, string>()

  async follow(url: URL, app: string, form?: URLSearchParams): Promise<URL> {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: Array.from(this.#cookies, (cookie) => cookie.join('=')).join('; ') },
      ...(form && { method: 'POST', body: form }),
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      this.#cookies.set(name, value)
    }
    const location = response.headers.get('location')
    if (!location) return url
    const next = new URL(location, url)
    return next.origin === app ? next : this.follow(next, app)
  }
}
