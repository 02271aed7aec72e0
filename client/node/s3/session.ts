import { follow, orAborted } from '../../abort.ts'
import { sleep } from '../../clock.ts'
import type { Wait, Waits } from '../../control-plane.ts'
import { backoff } from '../../retry.ts'
import type { Timekeeping } from '../../timing.ts'
import { type AwsCredentials, CredentialsError, type CredentialsProvider } from './credentials.ts'
import type { StoreTime } from './store-time.ts'

/** Who waits for a person looks this often whether they have done it. */
const LONGEST_POLL_MS = 5_000
/** Others are asked for when these have so little left; until they are there, these are good. */
const RENEW_MS = 5 * 60_000
/** So long is waited for those others while these are good: a provider may hang. */
const LONGEST_EARLY_MS = 1_000

/**
 * The credentials that are live now. Those that have expired, or that the store refuses, are asked for again, at once; where that brings
 * no others, whoever needs some waits, and the provider is asked until it has fresh ones.
 */
export class Session {
  readonly waits: Waits
  readonly #waiting = new Waiting()
  readonly #provider: CredentialsProvider
  readonly #time: StoreTime
  readonly #keeping: Timekeeping
  #current: AwsCredentials | undefined
  /** The last that were refused, and how often in a row that has happened. */
  #refused: AwsCredentials | undefined
  #refusals = 0
  #accepted = false
  #renewal: Renewal | undefined
  #earlyRenewal: Promise<void> | undefined

  constructor(provider: CredentialsProvider, time: StoreTime, keeping: Timekeeping) {
    this.#provider = provider
    this.#time = time
    this.#keeping = keeping
    this.waits = this.#waiting
  }

  /** Whether the store has taken any of them in this run. */
  get accepted(): boolean {
    return this.#accepted
  }

  /**
   * @throws {CredentialsError} where there never were any, or others cannot come while this process runs
   * @throws the provider's own error, where it fails the first time
   */
  async get(signal: AbortSignal): Promise<AwsCredentials> {
    const current = this.#current
    if (!current || this.#left(current) <= 0) return this.#renewed(signal)
    if (this.#left(current) < RENEW_MS) await this.#waitForOthers(signal)
    return this.#current ?? current
  }

  /** The store took them. */
  accept(): void {
    this.#accepted = true
    this.#refusals = 0
  }

  /** The store took them for dead. No effect where others have come meanwhile. */
  refuse(credentials: AwsCredentials): void {
    if (credentials !== this.#current) return
    this.#refused = credentials
    this.#current = undefined
    this.#refusals++
  }

  /** Milliseconds. */
  #left({ expiration }: AwsCredentials): number {
    return expiration ? expiration.getTime() - this.#time.now().getTime() : Number.POSITIVE_INFINITY
  }

  #isUsable(credentials: AwsCredentials): boolean {
    return this.#left(credentials) > 0 && !(this.#refused && isSame(credentials, this.#refused))
  }

  async #waitForOthers(signal: AbortSignal): Promise<void> {
    this.#earlyRenewal ??= this.#renewEarly().finally(() => {
      this.#earlyRenewal = undefined
    })
    const wait = follow(signal)
    const enough = sleep(this.#keeping.clock, LONGEST_EARLY_MS, wait.signal)
    try {
      await Promise.race([orAborted(this.#earlyRenewal, signal), enough])
    } finally {
      wait.release()
      wait.abort(undefined)
    }
  }

  async #renewEarly(): Promise<void> {
    try {
      const others = await this.#provider()
      if (this.#isUsable(others)) this.#current = others
    } catch {
      // There is time left, and they are asked for again.
    }
  }

  /** One renewal for all who wait; it ends when nobody does any more. */
  async #renewed(signal: AbortSignal): Promise<AwsCredentials> {
    this.#renewal ??= this.#beginRenewal()
    const renewal = this.#renewal
    renewal.followers++
    try {
      return await orAborted(renewal.promise, signal)
    } finally {
      if (--renewal.followers === 0) {
        renewal.stop.abort(signal.reason)
        if (this.#renewal === renewal) this.#renewal = undefined
      }
    }
  }

  #beginRenewal(): Renewal {
    const stop = new AbortController()
    const promise = this.#renew(stop.signal).finally(() => {
      this.#waiting.set(undefined)
      if (this.#renewal === renewal) this.#renewal = undefined
    })
    promise.catch(() => {})
    const renewal: Renewal = { promise, stop, followers: 0 }
    return renewal
  }

  async #renew(signal: AbortSignal): Promise<AwsCredentials> {
    const first = !this.#current && !this.#refused
    for (let tries = Math.max(1, this.#refusals); ; tries++) {
      if (tries > 1) await this.#pause(tries - 1, signal)
      signal.throwIfAborted()
      try {
        const credentials = await this.#provider(first && tries === 1 ? {} : { forceRefresh: true })
        signal.throwIfAborted()
        if (this.#isUsable(credentials)) {
          this.#current = credentials
          return credentials
        }
        if (this.#provider.fixed) throw unrenewable()
        this.#waiting.set({ for: 'credentials', message: EXPIRED })
      } catch (error) {
        signal.throwIfAborted()
        if (first || this.#provider.fixed) throw error
        this.#waiting.set({ for: 'credentials', message: `${EXPIRED} (${messageOf(error)})` })
      }
    }
  }

  async #pause(failures: number, signal: AbortSignal): Promise<void> {
    const { clock, timing, wakes, random } = this.#keeping
    if (!this.#waiting.current) this.#waiting.set({ for: 'credentials', message: EXPIRED })
    const poll = { ...timing, retryCapMs: Math.min(timing.retryCapMs, LONGEST_POLL_MS) }
    await sleep(clock, backoff(failures, poll, random()), signal, wakes)
  }
}

interface Renewal {
  readonly promise: Promise<AwsCredentials>
  readonly stop: AbortController
  followers: number
}

const EXPIRED =
  'Expected live AWS credentials, got ones that have expired or were withdrawn. Renew them, such as by `aws sso login` or in the shared credentials file: it goes on by itself then.'

function unrenewable(): CredentialsError {
  return new CredentialsError(
    'Expected live AWS credentials, got ones that have expired or were withdrawn, and those that a process is given when it begins never change. ' +
      'Set fresh ones and begin again: it goes on where it stopped.',
  )
}

function isSame(a: AwsCredentials, b: AwsCredentials): boolean {
  return (
    a.accessKeyId === b.accessKeyId &&
    a.secretAccessKey === b.secretAccessKey &&
    a.sessionToken === b.sessionToken
  )
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

class Waiting implements Waits {
  readonly #listeners = new Set<() => void>()
  current: Wait | undefined

  subscribe(listener: () => void): () => void {
    const own = () => listener()
    this.#listeners.add(own)
    return () => this.#listeners.delete(own)
  }

  set(wait: Wait | undefined): void {
    if (wait?.message === this.current?.message) return
    this.current = wait
    for (const listener of [...this.#listeners]) listener()
  }
}
