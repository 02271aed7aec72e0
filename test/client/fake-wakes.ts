import type { Wakes } from '../../client/ports.ts'

/** Wakes when a test says so. */
export class FakeWakes implements Wakes {
  online = true
  readonly #listeners = new Set<() => void>()

  get listeners(): number {
    return this.#listeners.size
  }

  subscribe(listener: () => void): () => void {
    const own = () => listener()
    this.#listeners.add(own)
    return () => this.#listeners.delete(own)
  }

  wake(): void {
    for (const listener of [...this.#listeners]) listener()
  }

  setOnline(online: boolean): void {
    this.online = online
    this.wake()
  }
}
