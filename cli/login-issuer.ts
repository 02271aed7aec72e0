import type * as Oidc from 'openid-client'
import { NetworkError } from '../client/errors.ts'

/** Beside `openid`, asked for where the issuer knows them: what people are called, and a refresh token. */
const WANTED_SCOPES = ['profile', 'email', 'offline_access']

export interface Issuer {
  readonly issuer: string
  readonly clientId: string
}

/** An issuer that has told what it can do. */
export interface DiscoveredIssuer {
  readonly oidc: typeof Oidc
  readonly configuration: Oidc.Configuration
  /** What to ask it for. */
  readonly scope: string
}

/** Loaded when it is needed: 30 ms. */
export async function discover({ issuer, clientId }: Issuer): Promise<DiscoveredIssuer> {
  const oidc = await import('openid-client')
  // An issuer of this machine speaks plain http; the stack takes no other that does.
  const execute = new URL(issuer).protocol === 'http:' ? [oidc.allowInsecureRequests] : []
  const configuration = await oidc
    .discovery(new URL(issuer), clientId, undefined, oidc.None(), { execute })
    .catch((cause: unknown) => {
      throw new NetworkError(
        `Expected ${issuer} to tell how to sign in, got none (${reasonOf(cause)}). Check the network, and the issuer that the API names.`,
        { cause },
      )
    })
  const { scopes_supported: known = ['profile'] } = configuration.serverMetadata()
  const scope = ['openid', ...WANTED_SCOPES.filter((name) => known.includes(name))].join(' ')
  return { oidc, configuration, scope }
}

/** The issuer's own word where it has one, such as `access_denied`. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { error: code, error_description: text } = error as { error?: unknown; error_description?: unknown }
  if (typeof code === 'string') return typeof text === 'string' ? `${code}: ${text}` : code
  const { code: system } = error as NodeJS.ErrnoException
  if (system && /^E[A-Z]+$/.test(system)) return system
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message
}

/** Whether the issuer has answered, and said no. */
export function isRefusal(error: unknown, ...codes: string[]): boolean {
  const { error: code } = Object(error) as { error?: unknown }
  return typeof code === 'string' && (codes.length === 0 || codes.includes(code))
}
