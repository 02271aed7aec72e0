import { systemClock } from '../clock.ts'
import type { Wakes } from '../ports.ts'
import { clockJumps, combineWakes } from '../wakes.ts'

/** The network came or went, somebody looks at the page again, it is back from the cache, or the machine has slept. */
export function browserWakes(): Wakes {
  return combineWakes(pageWakes(), clockJumps(systemClock))
}

function pageWakes(): Wakes {
  return {
    get online() {
      return navigator.onLine
    },
    subscribe(listener) {
      const onVisibility = () => document.visibilityState === 'visible' && listener()
      const own = () => listener()
      for (const type of ['online', 'offline', 'pageshow']) addEventListener(type, own)
      document.addEventListener('visibilitychange', onVisibility)
      return () => {
        for (const type of ['online', 'offline', 'pageshow']) removeEventListener(type, own)
        document.removeEventListener('visibilitychange', onVisibility)
      }
    },
  }
}
