import { orAborted } from './abort.ts'
import type { Authorization, Authorizer } from './authorizer.ts'
import { NetworkError, PartwayError } from './errors.ts'
import type { Clock } from './ports.ts'
import { TokenWaits } from './token-waits.ts'

/**
 * Asked anew for each call, which waits for as long as it takes, such as until a person has signed in.
 * What it throws is taken for a network that is gone, and it is asked again; a `PartwayError` is thrown as it is.
 * @param refused the token that this call was answered 401 for; where another comes back, the call is made once more
 * @param signal aborted when nobody waits for the token any more
 */
export type TokenProvider = (
  refused: string | undefined,
  signal: AbortSignal,
) => string | undefined | Promise<string | undefined>

/**
 * Callers are known by a bearer token.
 * @param message what a person has to do where it takes one to have another token
 */
export function bearerAuthorizer(token: TokenProvider, clock: Clock, message?: string): Authorizer {
  const waits = new TokenWaits(clock, message)

  async function ask(signal: AbortSignal, refused?: string): Promise<string | undefined> {
    try {
      return await waits.during(orAborted(Promise.resolve(token(refused, signal)), signal))
    } catch (cause) {
      signal.throwIfAborted()
      if (cause instanceof PartwayError) throw cause
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new NetworkError(`Expected a token to call the API with, got none (${reason}).`, { cause })
    }
  }

  return {
    waits,
    async authorize(_, signal) {
      const first = await ask(signal)
      if (first === undefined) return { headers: {}, again: nobody }
      return {
        headers: bearing(first),
        async again({ status }) {
          if (status !== 401) return undefined
          const other = await ask(signal, first)
          return other === undefined || other === first
            ? undefined
            : { headers: bearing(other), again: nobody }
        },
      }
    },
  }
}

/** @throws {TypeError} which does not tell the token: what refuses a header quotes it */
function bearing(token: string): Authorization['headers'] {
  if (!/^[\t\x20-\x7e]*$/.test(token)) {
    throw new TypeError('Expected a token of one line in ASCII, got another. Look at where it comes from.')
  }
  return { authorization: `Bearer ${token}` }
}

async function nobody(): Promise<undefined> {}
