import { join } from 'node:path'
import type { TokenProvider } from '../client/bearer.ts'
import { sleep, systemClock } from '../client/clock.ts'
import { takeLock, type Unlock } from '../client/node/lock.ts'
import type { Clock } from '../client/ports.ts'
import { discover, isRefusal } from './login-issuer.ts'
import { type KeptTokens, keep, type TokenStore } from './tokens.ts'

/** A token that dies on the way is refused. */
const LIFE_LEFT_MS = 10_000
/** Who waits for a person looks this often whether they have signed in. */
const POLL_MS = 2_000
/** Another command renews the token meanwhile. */
const TURN_MS = 200

export interface KeptTokenOptions {
  readonly store: TokenStore
  readonly api: string
  /** Where the command keeps what it remembers. */
  readonly folder: string
  /** For tests: in place of the issuer. */
  readonly renew?: (kept: KeptTokens) => Promise<KeptTokens>
  readonly clock?: Clock
}

export interface KeptToken {
  /**
   * The token that is kept, renewed where that can be done without a person. Where not, nobody is waited for until the API has taken one
   * in this run: who begins without being signed in is told so at once.
   */
  readonly provide: TokenProvider
  /** The API took one. */
  taken(): void
}

/** What is kept is read each time, so that a sign-in in another terminal is noticed. */
export function keptToken({
  store,
  api,
  folder,
  renew = renewAtIssuer,
  clock = systemClock,
}: KeptTokenOptions): KeptToken {
  let wasTaken = false
  /** The issuer does not renew with this one any more. */
  let spent: string | undefined

  function isUsable(kept: KeptTokens, refused: string | undefined): boolean {
    if (kept.token === refused) return false
    const left = kept.expiresAt ? Date.parse(kept.expiresAt) - Date.now() : Number.POSITIVE_INFINITY
    return left > (canRenew(kept) ? LIFE_LEFT_MS : 0)
  }

  function canRenew({ refreshToken }: KeptTokens): boolean {
    return refreshToken !== undefined && refreshToken !== spent
  }

  /** One command at a time: issuers that rotate refresh tokens take the use of an old one for theft. */
  async function inTurn(signal: AbortSignal): Promise<Unlock> {
    for (;;) {
      const unlock = takeLock(join(folder, 'locks'), `tokens of ${api}`)
      if (unlock) return unlock
      await sleep(clock, TURN_MS, signal)
    }
  }

  async function renewed(refused: string | undefined, signal: AbortSignal): Promise<string | undefined> {
    const unlock = await inTurn(signal)
    try {
      const kept = await store.read(api)
      if (!kept) return undefined
      if (isUsable(kept, refused)) return kept.token
      if (!canRenew(kept)) return undefined
      const fresh = await renew(kept).catch((error: unknown) => {
        if (!isRefusal(error)) throw error
        spent = kept.refreshToken
      })
      if (!fresh) return undefined
      await store.write(fresh)
      return fresh.token === refused ? undefined : fresh.token
    } finally {
      unlock()
    }
  }

  return {
    taken: () => {
      wasTaken = true
    },
    provide: async (refused, signal) => {
      for (;;) {
        const kept = await store.read(api)
        if (kept && isUsable(kept, refused)) return kept.token
        const token = kept && canRenew(kept) ? await renewed(refused, signal) : undefined
        if (token !== undefined || !wasTaken) return token
        await sleep(clock, POLL_MS, signal)
      }
    },
  }
}

async function renewAtIssuer(kept: KeptTokens): Promise<KeptTokens> {
  const { oidc, configuration } = await discover(kept)
  return keep(await oidc.refreshTokenGrant(configuration, kept.refreshToken ?? ''), kept)
}
