import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import Provider, { type Configuration } from 'oidc-provider'
import { onAllowedHosts } from './hosts.ts'
import { type Listening, listenOnLoopback } from './listen.ts'
import { deviceCodeForm, deviceConfirmForm, deviceDone, signInForm } from './oidc-sign-in-form.ts'

const OIDC_CLIENT_ID = 'partway'

export interface OidcIssuer {
  /** Letter for letter the `iss` claim. */
  url: string
  /** The page's client, and the audience of its tokens. */
  clientId: string
  close(): Promise<void>
}

export interface OidcIssuerOptions {
  /** 0: any that is free. */
  port: number
  /** The page's origins: where a sign-in may lead back to. */
  origins: string[]
  /** Where else it may: to a command line that waits for the browser. @default [] */
  redirectUris?: string[]
  /** Whether command lines may sign in by a code that a person types elsewhere. @default true */
  deviceFlow?: boolean
  /** How long an access token lives. @default 600 */
  tokenSeconds?: number | undefined
  /** By which names it may be asked, besides those of loopback. @default none */
  hosts?: readonly string[] | undefined
}

/** Access tokens as JWTs come with a resource; this is the one that everybody gets. */
const RESOURCE = 'urn:partway:api'
const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
const SESSION_SECONDS = 24 * 60 * 60
const SCOPES = 'openid profile offline_access'

/**
 * An OpenID Connect issuer for development: whoever types a name is signed in under it. Code flow with PKCE, JWT access
 * tokens, refresh tokens, and the device flow (RFC 8628); its keys live as long as it does.
 */
export async function startOidcIssuer(options: OidcIssuerOptions): Promise<OidcIssuer> {
  const { port, hosts } = options
  const listener = Promise.withResolvers<(request: IncomingMessage, response: ServerResponse) => void>()
  const listening: Listening = await listenOnLoopback(async (request, response) => {
    const serve = await listener.promise
    serve(request, response)
  }, port)
  const url = `http://localhost:${listening.port}`
  const provider = new Provider(url, configuration(options))
  listener.resolve(onAllowedHosts(createListener(provider), hosts))
  return { url, clientId: OIDC_CLIENT_ID, close: listening.close }
}

function createListener(provider: Provider) {
  const answer = provider.callback()
  return async (request: IncomingMessage, response: ServerResponse) => {
    if (!request.url?.startsWith('/interaction/')) return answer(request, response)
    try {
      await signIn(provider, request, response)
    } catch (error) {
      // A form of an earlier start, or sent twice.
      response.writeHead(400, { 'content-type': 'text/plain' })
      response.end(`Sign in again from the page: ${error instanceof Error ? error.message : error}.\n`)
    }
  }
}

async function signIn(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  await provider.interactionDetails(request, response)
  const login =
    request.method === 'POST' ? new URLSearchParams(await text(request)).get('login')?.trim() : undefined
  if (login) {
    await provider.interactionFinished(request, response, { login: { accountId: login } })
  } else {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(signInForm())
  }
}

function configuration({
  origins,
  redirectUris = [],
  deviceFlow = true,
  tokenSeconds = 600,
}: OidcIssuerOptions): Configuration {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return {
    clients: [
      {
        client_id: OIDC_CLIENT_ID,
        client_name: 'Partway',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token', ...(deviceFlow ? [DEVICE_GRANT] : [])],
        response_types: ['code'],
        redirect_uris: [...origins.map((origin) => `${origin}/`), ...redirectUris],
        post_logout_redirect_uris: origins.map((origin) => `${origin}/`),
      },
    ],
    jwks: {
      keys: [
        {
          ...privateKey.export({ format: 'jwk' }),
          use: 'sig',
          alg: 'RS256',
          kid: randomBytes(8).toString('hex'),
        },
      ],
    },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    clientBasedCORS: (_, origin) => origins.includes(origin),
    findAccount: (_, accountId) => ({
      accountId,
      claims: () => ({ sub: accountId, name: accountId, preferred_username: accountId }),
    }),
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'] },
    conformIdTokenClaims: false,
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    loadExistingGrant: grantEverything,
    issueRefreshToken: async () => true,
    ttl: {
      AccessToken: tokenSeconds,
      DeviceCode: 600,
      IdToken: tokenSeconds,
      Grant: SESSION_SECONDS,
      Interaction: 3600,
      RefreshToken: SESSION_SECONDS,
      Session: SESSION_SECONDS,
    },
    features: {
      devInteractions: { enabled: false },
      deviceFlow: {
        enabled: deviceFlow,
        userCodeInputSource: async (context, form) => {
          context.body = deviceCodeForm(form)
        },
        userCodeConfirmSource: async (context, form, _client, _device, userCode) => {
          context.body = deviceConfirmForm(form, userCode)
        },
        successSource: async (context) => {
          context.body = deviceDone()
        },
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: SCOPES,
          audience: OIDC_CLIENT_ID,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  }
}

/** The page is the stack's own: nobody is asked whether it may know who they are. */
const grantEverything: Configuration['loadExistingGrant'] = async (context) => {
  const { oidc } = context
  const clientId = oidc.client?.clientId ?? ''
  const known = oidc.session?.grantIdFor(clientId)
  if (known) return oidc.provider.Grant.find(known)

  const grant = new oidc.provider.Grant({ clientId, accountId: oidc.session?.accountId ?? '' })
  grant.addOIDCScope(SCOPES)
  grant.addResourceScope(RESOURCE, SCOPES)
  await grant.save()
  return grant
}
