import { parseArgs } from 'node:util'
import { type Command, type Flag, type GivenFlag, type Invocation, UsageError } from './command.ts'
import { habit } from './habits.ts'
import { OUTPUT_FLAGS } from './output.ts'
import { suggestion } from './suggest.ts'

/**
 * Understands a command line by a table of commands. Flags may stand anywhere, `--` ends them.
 * @throws {UsageError} for whatever the table does not hold
 */
export function parse(
  args: readonly string[],
  commands: readonly Command[],
): Pick<Invocation, 'command' | 'operands' | 'flags' | 'given'> {
  const [name = '', ...rest] = args
  const command = commands.find((command) => command.name === name)
  if (!command) {
    const names = commands.map((command) => command.name)
    throw new UsageError(
      [`Expected a command, got ${JSON.stringify(name)}.`, ...advice(name, names)].join(' '),
    )
  }
  const table = flagsOf(command)
  const flags: Record<string, string | true | string[]> = {}
  const given: GivenFlag[] = []
  const operands: string[] = []
  for (const token of tokensOf(rest, table)) {
    if (token.kind === 'positional') operands.push(token.value)
    if (token.kind !== 'option') continue
    const flag = table[token.name]
    if (!flag) throw unknownFlag(token.rawName, name, table)
    const value = flagValue(token, flag)
    given.push([token.name, value])
    const before = flags[token.name]
    flags[token.name] =
      flag.repeatable && value !== true ? [...(Array.isArray(before) ? before : []), value] : value
  }
  return { command, operands, flags, given }
}

/** Its own, and those that every command has. */
export function flagsOf({ flags }: Command): Readonly<Record<string, Flag>> {
  return { ...flags, ...OUTPUT_FLAGS }
}

interface OptionToken {
  readonly rawName: string
  readonly value?: string | undefined
  readonly inlineValue?: boolean | undefined
}

function tokensOf(args: string[], table: Readonly<Record<string, Flag>>) {
  const options = Object.fromEntries(
    Object.entries(table).map(([name, { value, short }]) => [
      name,
      { type: value ? ('string' as const) : ('boolean' as const), ...(short && { short }) },
    ]),
  )
  return parseArgs({ args, options, strict: false, tokens: true }).tokens
}

function flagValue({ rawName, value, inlineValue }: OptionToken, flag: Flag): string | true {
  if (!flag.value) {
    if (value === undefined) return true
    throw new UsageError(`Expected ${rawName} without a value, got ${JSON.stringify(value)}.`)
  }
  const missing = value === undefined || value === '' || (!inlineValue && /^-[^\d]/.test(value))
  if (missing) throw new UsageError(`Expected ${rawName} ${flag.value}, got no ${flag.value}.`)
  return value
}

function unknownFlag(rawName: string, command: string, table: Readonly<Record<string, Flag>>): UsageError {
  const known = Object.keys(table).map((flag) => `--${flag}`)
  return new UsageError(
    [`Expected a flag of partway ${command}, got ${rawName}.`, ...advice(rawName, known)].join(' '),
  )
}

function advice(typed: string, names: readonly string[]): readonly string[] {
  const known = habit(typed)
  return known === undefined ? suggestion(typed, names) : [known]
}
