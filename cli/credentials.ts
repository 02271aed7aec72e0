import { createApi } from '../client/api.ts'
import type { Authorizer } from '../client/authorizer.ts'
import { bearerAuthorizer } from '../client/bearer.ts'
import { systemClock } from '../client/clock.ts'
import type { Waits } from '../client/control-plane.ts'
import { apiSigner } from '../client/node/api-signer.ts'
import { stateFolder } from '../client/node/state-folder.ts'
import { nodeWakes } from '../client/node/wakes.ts'
import type { DescribeResponse } from '../protocol/schemas.ts'
import type { Invocation } from './command.ts'
import { stringFlag } from './flags.ts'
import { apiName, type TokenStore, tokenStore } from './tokens.ts'
import { keptToken } from './tokens-renewal.ts'

/** In the environment rather than in a flag: what is typed stays in the shell's history, and any process can read it. */
export const TOKEN_VARIABLE = 'PARTWAY_TOKEN'

export function tokenOf({ terminal }: Pick<Invocation, 'terminal'>): string | undefined {
  return terminal.environment[TOKEN_VARIABLE]?.trim() || undefined
}

export function storeOf({ terminal }: Pick<Invocation, 'terminal'>): TokenStore {
  return tokenStore(stateFolder(terminal.environment))
}

/**
 * Whose calls of the API they are: of the token in the environment, of whoever signed in, or of AWS credentials where the API has auth
 * iam. It is asked which it has where neither token is there, before the first call.
 */
export function apiCaller(invocation: Invocation, url: string): Authorizer {
  const token = tokenOf(invocation)
  if (token !== undefined) return bearerAuthorizer(() => token, systemClock)
  return chosenLater(async (signal) => {
    if (await storeOf(invocation).read(apiName(url))) return signedIn(invocation, url)
    // The call that this is for is made again in its own time.
    const api = createApi({ url, wakes: nodeWakes, timing: { retryBaseMs: 0, retryCapMs: 0 } })
    const described = await api.describe(signal)
    return described.auth === 'iam' ? signer(invocation, url, described) : signedIn(invocation, url)
  })
}

function signedIn({ terminal }: Invocation, url: string): Authorizer {
  const api = apiName(url)
  const folder = stateFolder(terminal.environment)
  const kept = keptToken({ store: tokenStore(folder), api, folder })
  const bearer = bearerAuthorizer(
    kept.provide,
    systemClock,
    `Expected somebody who is signed in. Run partway login --api ${api} in another terminal: it goes on by itself then.`,
  )
  return {
    waits: bearer.waits,
    async authorize(request, signal) {
      const authorization = await bearer.authorize(request, signal)
      // One with auth none takes calls without: there is no token to wait for.
      if (!authorization.headers.authorization) return authorization
      return {
        ...authorization,
        answered: (status) => {
          if (status !== 401) kept.taken()
        },
      }
    },
  }
}

function signer({ flags }: Invocation, url: string, { region }: DescribeResponse): Authorizer {
  const { hostname } = new URL(url)
  const ofHost = hostname.endsWith('.amazonaws.com') ? undefined : region
  return apiSigner({
    url,
    profile: stringFlag(flags.profile),
    region: stringFlag(flags.region) ?? ofHost,
  })
}

/** Chooses once, when the first call is about to be made. */
function chosenLater(choose: (signal: AbortSignal) => Promise<Authorizer>): Authorizer {
  const waits = new LaterWaits()
  let chosen: Promise<Authorizer> | undefined
  return {
    waits,
    async authorize(request, signal) {
      chosen ??= choose(signal)
      chosen.then(
        (authorizer) => waits.follow(authorizer.waits),
        () => {
          chosen = undefined
        },
      )
      return (await chosen).authorize(request, signal)
    },
  }
}

class LaterWaits implements Waits {
  readonly #listeners = new Set<() => void>()
  #waits: Waits | undefined

  get current() {
    return this.#waits?.current
  }

  subscribe(listener: () => void): () => void {
    const own = () => listener()
    this.#listeners.add(own)
    return () => this.#listeners.delete(own)
  }

  follow(waits: Waits): void {
    if (this.#waits) return
    this.#waits = waits
    waits.subscribe(() => {
      for (const listener of [...this.#listeners]) listener()
    })
  }
}
