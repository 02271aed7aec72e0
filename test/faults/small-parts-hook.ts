import { registerHooks } from 'node:module'
import { isLimits, shrinkParts } from './small-parts.ts'

/** Loaded into a process by `--import`: what the plugin does under Vitest. */
registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    return isLimits(url) ? { ...loaded, source: shrinkParts(String(loaded.source)) } : loaded
  },
})
