import picomatch from 'picomatch'
import type { GivenFlag, Invocation } from './command.ts'

/** Which of the files that a command finds are meant. Paths are relative, with `/` between their folders. */
export interface Filter {
  takes(path: string): boolean
  /** Whether nothing in that folder can be meant. */
  leavesOut(folder: string): boolean
}

interface Rule {
  readonly takes: boolean
  readonly file: (path: string) => boolean
  readonly folder: (path: string) => boolean
}

/** Names of any script and any character, hidden ones too. `(`, `)` and `|` stand for themselves. */
const OPTIONS = { dot: true, flags: 's', noextglob: true, windows: false }

/** Of `--include` and `--exclude`: see {@link createFilter}. */
export function filterOf({ given }: Pick<Invocation, 'given'>): Filter {
  return createFilter(given.filter(([name]) => name === 'include' || name === 'exclude'))
}

/**
 * The last pattern that fits decides, as with the AWS command line. What none fits is meant, unless the first pattern is an include: then
 * only what is included is.
 *
 * A pattern fits a file of that name in any folder, or all that is in a folder of that name; with a slash before it, at the top
 * alone; with one behind it, folders alone.
 */
export function createFilter(given: readonly GivenFlag[]): Filter {
  const rules = given.map(([name, pattern]) => ruleOf(name === 'include', String(pattern)))
  const byDefault = !rules[0]?.takes
  return {
    takes: (path) => rules.findLast(({ file }) => file(path))?.takes ?? byDefault,
    leavesOut(path) {
      const last = rules.findLastIndex(({ folder }) => folder(path))
      return last !== -1 && rules.slice(last).every(({ takes }) => !takes)
    },
  }
}

function ruleOf(takes: boolean, pattern: string): Rule {
  const [, top = '', middle = '', end = ''] = /^(\/?)(.*?)(\/?)$/s.exec(pattern) ?? []
  const literal = middle.replaceAll(/(?<!\\)[()|]/g, '\\$&')
  const one = top ? literal : `**/${literal}`
  const below = `${one}/**/*`
  return {
    takes,
    file: picomatch(end ? below : [one, below], OPTIONS),
    folder: picomatch([one, below], OPTIONS),
  }
}
