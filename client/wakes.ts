import type { Clock, Wakes } from './ports.ts'

const TICK_MS = 2_000
/** A busy machine can be late by seconds; a nap that is shorter breaks no connection. */
const JUMP_MS = 10_000

/** For a platform that knows nothing. */
export const NO_WAKES: Wakes = { online: true, subscribe: () => () => {} }

/** Whatever any of them tells; online where all of them are. */
export function combineWakes(...sources: readonly Wakes[]): Wakes {
  return {
    get online() {
      return sources.every(({ online }) => online)
    },
    subscribe(listener) {
      const removals = sources.map((source) => source.subscribe(listener))
      return () => {
        for (const remove of removals) remove()
      }
    },
  }
}

/** The machine has slept, or the process was stopped: more time has passed than was waited for. Looks only while somebody listens. */
export function clockJumps(clock: Clock): Wakes {
  const listeners = new Set<() => void>()
  let cancel: (() => void) | undefined

  function watch(): void {
    const begun = clock.now()
    cancel = clock.after(TICK_MS, () => {
      watch()
      if (clock.now() - begun > TICK_MS + JUMP_MS) for (const listener of [...listeners]) listener()
    })
  }

  return {
    online: true,
    subscribe(listener) {
      const own = () => listener()
      if (listeners.size === 0) watch()
      listeners.add(own)
      return () => {
        listeners.delete(own)
        if (listeners.size > 0) return
        cancel?.()
        cancel = undefined
      }
    },
  }
}
