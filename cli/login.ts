import { discover } from './login-issuer.ts'
import type { KeptTokens, TokenStore } from './tokens.ts'

/** Who is signed in, and for how long, in a sentence. */
export function describeSignIn(kept: KeptTokens | undefined, api: string, now = new Date()): string {
  if (!kept) return `Nobody is signed in to ${api}.`
  const who = `Signed in to ${api}${kept.name ? ` as ${kept.name}` : ''}`
  if (kept.refreshToken) return `${who}; renewed without asking, for as long as ${kept.issuer} renews it.`
  if (!kept.expiresAt) return `${who}.`
  return Date.parse(kept.expiresAt) > now.getTime()
    ? `${who} until ${kept.expiresAt}.`
    : `${who} until ${kept.expiresAt}, which is over: sign in again.`
}

/**
 * Forgets what is kept, and has the issuer forget it, where that can be reached and knows how.
 * @returns whether there was anything
 */
export async function logOut(store: TokenStore, api: string): Promise<boolean> {
  const kept = await store.read(api)
  const wasKept = await store.remove(api)
  const { refreshToken } = kept ?? {}
  if (kept && refreshToken) await revoke(kept, refreshToken).catch(() => {})
  return wasKept
}

async function revoke(kept: KeptTokens, refreshToken: string): Promise<void> {
  const { oidc, configuration } = await discover(kept)
  if (!configuration.serverMetadata().revocation_endpoint) return
  await oidc.tokenRevocation(configuration, refreshToken)
}
