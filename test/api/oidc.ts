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

/** Does what a person does with the page that a command line shows: types a name, and says yes. */
export async function approveDevice(url: string, name: string): Promise<void> {
  const browser = new Browser()
  let page = await browser.open(new URL(url))
  for (let steps = 0; steps < 5 && page.form; steps++) {
    const { action, fields } = page.form
    page = await browser.open(action, new URLSearchParams('login' in fields ? { login: name } : fields))
  }
  if (!page.text.includes('Signed in')) throw new Error(`Expected to be signed in, got ${page.text}.`)
}

/** Opens the page that a command line on this machine shows, and lets the issuer lead back to the command. */
export async function approveInBrowser(url: string, name: string): Promise<void> {
  const browser = new Browser()
  const { form } = await browser.open(new URL(url))
  if (!form) throw new Error('Expected a form to sign in with.')
  await browser.open(form.action, new URLSearchParams({ login: name }))
}

/** Keeps cookies, and follows redirects up to a page that wants a person, or back to the app. */
class Browser {
  readonly #cookies = new Map<string, string>()

  /** Follows redirects wherever they lead, up to a page. */
  async open(url: URL, form?: URLSearchParams): Promise<Page> {
    const response = await this.#fetch(url, form)
    const location = response.headers.get('location')
    if (location) return this.open(new URL(location, url))
    const text = await response.text()
    return { text, form: formIn(text, url) }
  }

  async follow(url: URL, app: string, form?: URLSearchParams): Promise<URL> {
    const response = await this.#fetch(url, form)
    const location = response.headers.get('location')
    if (!location) return url
    const next = new URL(location, url)
    return next.origin === app ? next : this.follow(next, app)
  }

  async #fetch(url: URL, form?: URLSearchParams): Promise<Response> {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: Array.from(this.#cookies, (cookie) => cookie.join('=')).join('; ') },
      ...(form && { method: 'POST', body: form }),
    })
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      this.#cookies.set(name, value)
    }
    return response
  }
}

interface Page {
  readonly text: string
  readonly form: { readonly action: URL; readonly fields: Record<string, string> } | undefined
}

function formIn(html: string, url: URL): Page['form'] {
  const [form] = /<form[^>]*>/.exec(html) ?? []
  if (!form) return undefined
  const attribute = (tag: string, name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1]
  const inputs = html.match(/<input[^>]*>/g) ?? []
  const fields = inputs.map((tag) => [attribute(tag, 'name') ?? '', attribute(tag, 'value') ?? ''])
  return { action: new URL(attribute(form, 'action') ?? '', url), fields: Object.fromEntries(fields) }
}
