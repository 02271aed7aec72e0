import type { DownloadResponse } from '../protocol/schemas.ts'
import type { ControlPlane } from './control-plane.ts'
import { ObjectChangedError } from './errors.ts'
import { expiryOf } from './expiry.ts'
import type { Clock } from './ports.ts'

/** The object's presigned URL, signed again before it expires, and when it is refused. Lanes share one call. */
export class DownloadUrl {
  readonly #api: Pick<ControlPlane, 'download'>
  readonly #clock: Clock
  readonly #first: DownloadResponse
  #current: DownloadResponse
  #validUntil: number
  #signing: Promise<void> | undefined

  constructor(api: Pick<ControlPlane, 'download'>, clock: Clock, first: DownloadResponse) {
    this.#api = api
    this.#clock = clock
    this.#first = first
    this.#current = first
    this.#validUntil = expiryOf(first, clock)
  }

  /** @throws {ObjectChangedError} where another object has the key by now */
  async get(signal: AbortSignal): Promise<string> {
    while (this.#clock.now() >= this.#validUntil) {
      this.#signing ??= this.#sign(signal).finally(() => {
        this.#signing = undefined
      })
      await this.#signing
    }
    return this.#current.url
  }

  /** No effect where another has taken its place already. */
  refused(url: string): void {
    if (this.#current.url === url) this.#validUntil = Number.NEGATIVE_INFINITY
  }

  async #sign(signal: AbortSignal): Promise<void> {
    const answer = await this.#api.download({ key: this.#first.key }, signal)
    if (answer.etag !== this.#first.etag || answer.size !== this.#first.size) throw objectChanged()
    this.#current = answer
    this.#validUntil = expiryOf(answer, this.#clock)
  }
}

export function objectChanged(): ObjectChangedError {
  return new ObjectChangedError(
    'Expected the object that the download began with, got another under the same key. Begin anew.',
  )
}
