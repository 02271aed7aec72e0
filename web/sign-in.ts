import { ErrorResponse, type User, UserManager, WebStorageStateStore } from 'oidc-client-ts'
import { bearerToken } from '../client/bearer-token.ts'
import type { Session, SessionListeners, SessionState } from './session.ts'

export interface Issuer {
  readonly issuer: string
  readonly clientId: string
}

/** A token that dies on the way is refused. */
const LIFE_LEFT_SECONDS = 10
/** Beside `openid`, asked for where the issuer knows them: what people are called, and a refresh token. */
const WANTED_SCOPES = ['profile', 'email', 'offline_access']

/**
 * Signing in with an OpenID Connect issuer: authorization code with PKCE. Tokens live in the storage of this tab, which ends
 * with it. Where the page is what the issuer led back to, this finishes the sign-in.
 */
export async function openSignIn(issuer: Issuer, listeners: SessionListeners): Promise<Session> {
  const session = new SignInSession(issuer, listeners)
  await session.begin()
  return session
}

class SignInSession implements Session {
  readonly #home = `${location.origin}/`
  readonly #users: UserManager
  readonly #listeners: SessionListeners
  #state: SessionState = { kind: 'signed-out' }
  #renewing: Promise<User | null> | undefined
  readonly #waiting: (() => void)[] = []

  constructor({ issuer, clientId }: Issuer, listeners: SessionListeners) {
    this.#listeners = listeners
    this.#users = new UserManager({
      authority: issuer,
      client_id: clientId,
      redirect_uri: this.#home,
      post_logout_redirect_uri: this.#home,
      userStore: new WebStorageStateStore({ store: sessionStorage }),
      // A token is renewed when it is needed.
      automaticSilentRenew: false,
    })
  }

  get state(): SessionState {
    return this.#state
  }

  async begin(): Promise<void> {
    const query = new URLSearchParams(location.search)
    if (query.has('state') && (query.has('code') || query.has('error'))) {
      try {
        await this.#users.signinCallback()
      } catch (error) {
        this.#listeners.onProblem(error)
      } finally {
        history.replaceState(null, '', location.pathname)
      }
    }
    const user = await this.#users.getUser()
    if (user && (user.refresh_token || !user.expired)) this.#state = signedInAs(user)
  }

  async token(refused?: string): Promise<string> {
    for (;;) {
      const token = await this.#freshToken(refused)
      if (token !== undefined) return token
      await this.#signedInAgain()
    }
  }

  async signIn(): Promise<void> {
    const scope = await this.#scope()
    if (this.#state.kind === 'expired') this.#welcome(await this.#users.signinPopup({ scope }))
    else await this.#users.signinRedirect({ scope })
  }

  async signOut(): Promise<void> {
    const { end_session_endpoint: endpoint } = await this.#users.metadataService.getMetadata()
    // Cognito's name for where to come back to.
    if (endpoint) await this.#users.signoutRedirect({ extraQueryParams: { logout_uri: this.#home } })
    else await this.#users.removeUser()
    this.#setState({ kind: 'signed-out' })
  }

  /** @returns none where somebody has to sign in for one */
  async #freshToken(refused: string | undefined): Promise<string | undefined> {
    const user = await this.#users.getUser()
    if (!user) return undefined
    const { refresh_token: renewable, expires_in: lifeLeft = Infinity } = user
    const token = this.#tokenOf(user)
    if (token !== refused && lifeLeft > (renewable ? LIFE_LEFT_SECONDS : 0)) return token
    const renewed = renewable ? await this.#renew() : null
    if (!renewed) return undefined
    return this.#tokenOf(renewed) === refused ? undefined : this.#tokenOf(renewed)
  }

  /** @returns nobody where the issuer wants to see the person again */
  async #renew(): Promise<User | null> {
    this.#renewing ??= this.#users.signinSilent().finally(() => {
      this.#renewing = undefined
    })
    try {
      return await this.#renewing
    } catch (error) {
      if (error instanceof ErrorResponse) return null
      throw error
    }
  }

  #tokenOf(user: User): string {
    return bearerToken(user, this.#users.settings.client_id)
  }

  #signedInAgain(): Promise<void> {
    if (this.#state.kind === 'signed-in') this.#setState({ ...this.#state, kind: 'expired' })
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #welcome(user: User): void {
    this.#setState(signedInAs(user))
    for (const goOn of this.#waiting.splice(0)) goOn()
  }

  async #scope(): Promise<string> {
    const { scopes_supported: known = ['profile'] } = await this.#users.metadataService.getMetadata()
    return ['openid', ...WANTED_SCOPES.filter((scope) => known.includes(scope))].join(' ')
  }

  #setState(state: SessionState): void {
    this.#state = state
    this.#listeners.onChange()
  }
}

function signedInAs({ profile }: User): SessionState {
  const { name, preferred_username, email, sub } = profile
  return { kind: 'signed-in', id: sub, name: name ?? preferred_username ?? email ?? sub }
}
