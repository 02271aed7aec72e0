import type { Wakes } from './ports.ts'

/** Wakes whoever waits for a network that was gone as soon as a request of anybody gets through. One for all transfers of a client. */
export interface Recovery extends Wakes {
  /** A request got through. */
  proven(): void
}

export function createRecovery(): Recovery {
  const listeners = new Set<() => void>()
  return {
    online: true,
    subscribe(listener) {
      const own = () => listener()
      listeners.add(own)
      return () => void listeners.delete(own)
    },
    proven() {
      for (const listener of [...listeners]) listener()
    },
  }
}
