import type { Plugin } from 'vite'

const SMALL = { MIN_PART_BYTES: 'MIB', DEFAULT_PART_BYTES: 'MIB' }

/** @returns the file's text, with parts that may be as small as 1 MiB */
export function shrinkParts(code: string): string {
  return Object.entries(SMALL).reduce((changed, [name, value]) => {
    const constant = new RegExp(`(export const ${name} =) .+`)
    if (!constant.test(changed)) throw new Error(`Expected ${name} in protocol/limits.ts, found none.`)
    return changed.replace(constant, `$1 ${value}`)
  }, code)
}

export function isLimits(id: string): boolean {
  return id.endsWith('/protocol/limits.ts')
}

/** For all that is loaded under this plugin, engine, functions and store alike, parts may be small: for hundreds of uploads. */
export const smallParts: Plugin = {
  name: 'partway-small-parts',
  enforce: 'pre',
  transform: (code, id) => (isLimits(id) ? shrinkParts(code) : undefined),
}
