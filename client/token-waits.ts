import type { Wait, Waits } from './control-plane.ts'
import type { Clock } from './ports.ts'

/** A token that is renewed without a person comes sooner than this. */
const PATIENCE_MS = 1_000

const SIGN_IN = 'Sign in again. The upload then goes on by itself.'

/** What calls wait for while the token does not come: most often a person who has to sign in again. */
export class TokenWaits implements Waits {
  readonly #clock: Clock
  readonly #listeners = new Set<() => void>()
  readonly #wait: Wait
  #pending = 0

  /** @param message what the person has to do */
  constructor(clock: Clock, message = SIGN_IN) {
    this.#clock = clock
    this.#wait = { for: 'user', message }
  }

  get current(): Wait | undefined {
    return this.#pending > 0 ? this.#wait : undefined
  }

  subscribe(listener: () => void): () => void {
    const own = () => listener()
    this.#listeners.add(own)
    return () => this.#listeners.delete(own)
  }

  /** Settles as the token does. */
  async during<Token>(token: Token | Promise<Token>): Promise<Token> {
    let late = false
    const cancel = this.#clock.after(PATIENCE_MS, () => {
      late = true
      this.#add(1)
    })
    try {
      return await token
    } finally {
      cancel()
      if (late) this.#add(-1)
    }
  }

  #add(pending: number): void {
    this.#pending += pending
    for (const listener of [...this.#listeners]) listener()
  }
}
