import type { PageConfig } from './config.ts'

export type SessionState =
  /** Nobody has to sign in. */
  | { readonly kind: 'open' }
  /** The API asks for something that a page does not have. */
  | { readonly kind: 'closed' }
  | { readonly kind: 'signed-out' }
  | ({ readonly kind: 'signed-in' } & Person)
  /** The token is no longer good, and what is under way waits for another one. */
  | ({ readonly kind: 'expired' } & Person)

export interface Person {
  /** As the issuer knows them. */
  readonly id: string
  /** As they call themselves. */
  readonly name: string
}

/** As whom the page calls the API. */
export interface Session {
  readonly state: SessionState
  /**
   * Of the next call; settles once somebody is signed in.
   * @throws where the issuer cannot be reached
   */
  token(refused?: string): Promise<string | undefined>
  /** Leaves the page for the issuer's; while uploads wait, in a window beside it. @throws {Error} where nothing came of it */
  signIn(): Promise<void>
  /** Leaves the page for the issuer's, where that has one for it. */
  signOut(): Promise<void>
}

export interface SessionListeners {
  /** The state is another. */
  readonly onChange: () => void
  /** The sign-in that the page comes back from was not finished. */
  readonly onProblem: (error: unknown) => void
}

/** What signing in needs is loaded only where it is needed. */
export async function openSession(config: PageConfig, listeners: SessionListeners): Promise<Session> {
  const { auth, issuer, clientId } = config
  if (issuer === undefined || clientId === undefined) {
    return withoutSignIn({ kind: auth === 'none' ? 'open' : 'closed' })
  }
  const { openSignIn } = await import('./sign-in.ts')
  return openSignIn({ issuer, clientId }, listeners)
}

function withoutSignIn(state: SessionState): Session {
  return {
    state,
    token: async () => undefined,
    signIn: async () => {},
    signOut: async () => {},
  }
}
