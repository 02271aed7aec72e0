import type { Node } from 'constructs'
import { ConfigurationError } from './configuration-error.ts'

/** Reads context values of known names; absent and empty ones are `undefined`, or left out. */
export interface ContextReader<Name extends string> {
  text(name: Name): string | undefined
  /** Those of the names that have a value. */
  texts<N extends Name>(...names: N[]): { [P in N]?: string }
  /** Those of the names that have a value: `true` or `false`. */
  booleans<N extends Name>(...names: N[]): { [P in N]?: boolean }
  integer(name: Name, unit: string, min: number, max: number): number | undefined
  oneOf<T extends string>(name: Name, values: readonly [T, ...T[]] | readonly T[]): T | undefined
  /** An error that says what came, what is allowed, and an example of what to write. */
  unexpected(name: Name, expected: string, got: string, example: string): Error
}

/** @throws {ConfigurationError} for context whose name is nearly one of those known */
export function createContextReader<Name extends string>(
  node: Node,
  names: readonly Name[],
): ContextReader<Name> {
  requireKnownNames(node, names)

  const reader: ContextReader<Name> = {
    // Context given on the command line is text, and in cdk.json may be a number or a boolean.
    text(name) {
      const value: unknown = node.tryGetContext(name)
      const text = value === undefined || value === null ? '' : String(value).trim()
      return text === '' ? undefined : text
    },
    texts: (...wanted) => collect(wanted, reader.text),
    booleans: (...wanted) =>
      collect(wanted, (name) => {
        const value = reader.oneOf(name, ['true', 'false'])
        return value && value === 'true'
      }),
    integer(name, unit, min, max) {
      const value = reader.text(name)
      if (value === undefined) return undefined
      const number = Number(value)
      if (/^\d+$/.test(value) && number >= min && number <= max) return number
      throw unexpected(name, `a whole number of ${unit} from ${min} to ${max}`, value, `-c ${name}=${max}`)
    },
    oneOf(name, values) {
      const value = reader.text(name)
      const found = values.find((candidate) => candidate === value)
      if (found !== undefined || value === undefined) return found
      throw unexpected(name, listOf(values), value, `-c ${name}=${values[0]}`)
    },
    unexpected,
  }
  return reader
}

function collect<N extends string, T>(names: N[], read: (name: N) => T | undefined): { [P in N]?: T } {
  const entries = names.map((name) => [name, read(name)] as const).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [P in N]?: T }
}

function unexpected(name: string, expected: string, got: string, example: string): Error {
  return new ConfigurationError(
    `Context ${name}: expected ${expected}, got "${got}". Write, for example, ${example}.`,
  )
}

/** `a, b or c` */
function listOf(values: readonly string[]): string {
  return values.join(', ').replace(/, ([^,]*)$/, ' or $1')
}

/** Names of CDK's own have a colon or an at sign; of others', we only refuse those that look like a slip. */
function requireKnownNames(node: Node, names: readonly string[]): void {
  const given = Object.keys(node.getAllContext()).filter((name) => /^[a-z-]+$/i.test(name))
  for (const name of given.filter((candidate) => !names.includes(candidate))) {
    const meant = names.find((known) => isSlip(name, known))
    if (meant)
      throw new ConfigurationError(
        `Expected context ${names.join(', ')}; got ${name}. Did you mean -c ${meant}=…?`,
      )
  }
}

/** Whether one letter too many, too few or wrong, or another case, makes `name` of `known`. */
function isSlip(name: string, known: string): boolean {
  const [a, b] = [name.toLowerCase().replaceAll('-', ''), known.toLowerCase()]
  if (a === b) return true
  if (Math.abs(a.length - b.length) > 1) return false
  let start = 0
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start++
  const rest = (text: string, skip: number) => text.slice(start + skip)
  return rest(a, 1) === rest(b, 1) || rest(a, 1) === rest(b, 0) || rest(a, 0) === rest(b, 1)
}
