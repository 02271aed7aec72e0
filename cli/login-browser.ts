import { createServer, type RequestListener, type Server } from 'node:http'
import type * as Oidc from 'openid-client'
import { orAborted } from '../client/abort.ts'
import { LOGIN_CALLBACK } from '../protocol/login-callback.ts'
import type { DiscoveredIssuer } from './login-issuer.ts'

export interface BrowserOptions {
  /** Called with the page to open on this machine. */
  readonly show: (url: string) => void
  readonly signal: AbortSignal
  /** Where the issuer leads the browser back to. @default LOGIN_CALLBACK */
  readonly callback?: string
}

/** The page that the browser ends on. */
const DONE = `<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>Partway</title>
<p style="font: 1rem/1.5 system-ui; max-width: 22rem; margin: 15vh auto">Go on in the terminal; this page can be closed.`

/**
 * Authorization code with PKCE, led back to this machine (RFC 8252): for issuers without the device flow, such as Amazon Cognito.
 * @throws EADDRINUSE where another program has the port
 */
export async function signInByBrowser(
  { oidc, configuration, scope }: DiscoveredIssuer,
  { show, signal, callback = LOGIN_CALLBACK }: BrowserOptions,
): Promise<Oidc.TokenEndpointResponse> {
  const verifier = oidc.randomPKCECodeVerifier()
  const state = oidc.randomState()
  const url = oidc.buildAuthorizationUrl(configuration, {
    redirect_uri: callback,
    scope,
    state,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
  const back = Promise.withResolvers<URL>()
  const close = await listen(new URL(callback), (target, response) => {
    const ours = target.searchParams.get('state') === state
    response.writeHead(ours ? 200 : 400, { 'content-type': 'text/html; charset=utf-8', connection: 'close' })
    response.end(ours ? DONE : 'Expected the answer to this sign-in, got another. Run partway login again.')
    if (ours) back.resolve(target)
  })
  try {
    show(url.href)
    return await oidc.authorizationCodeGrant(configuration, await orAborted(back.promise, signal), {
      pkceCodeVerifier: verifier,
      expectedState: state,
    })
  } finally {
    close()
  }
}

type Answering = Parameters<RequestListener>[1]

/** On both addresses that browsers know `localhost` by. @returns closes it */
async function listen(
  { hostname, port, pathname, origin }: URL,
  answer: (target: URL, response: Answering) => void,
): Promise<() => void> {
  const listener: RequestListener = ({ url = '/' }, response) => {
    const target = new URL(url, origin)
    if (target.pathname === pathname) answer(target, response)
    else response.writeHead(404).end()
  }
  const servers = [await listenAt('127.0.0.1', Number(port), listener)]
  // Some machines have no IPv6.
  if (hostname === 'localhost') {
    const other = await listenAt('::1', Number(port), listener).catch(() => undefined)
    if (other) servers.push(other)
  }
  return () => {
    for (const server of servers) {
      server.close()
      server.closeAllConnections()
    }
  }
}

function listenAt(host: string, port: number, listener: RequestListener): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(listener)
    server.once('error', reject)
    server.listen(port, host, () => resolve(server))
  })
}
