import type { Plugin } from 'vite'

const SMALL = { MIN_PART_BYTES: 'MIB', DEFAULT_PART_BYTES: 'MIB' }

/** For all that is loaded under this plugin, engine, functions and store alike, a part may be as small as 1 MiB: for hundreds of uploads. */
export const smallParts: Plugin = {
  name: 'partway-small-parts',
  enforce: 'pre',
  transform(code, id) {
    if (!id.endsWith('/protocol/limits.ts')) return undefined
    return Object.entries(SMALL).reduce((changed, [name, value]) => {
      const constant = new RegExp(`(export const ${name} =) .+`)
      if (!constant.test(changed)) throw new Error(`Expected ${name} in protocol/limits.ts, found none.`)
      return changed.replace(constant, `$1 ${value}`)
    }, code)
  },
}
