import { type Command, FLAG_GROUPS, type Flag, GROUPS, type Group } from './command.ts'
import { ENVIRONMENT } from './environment.ts'
import { EXIT_MEANINGS } from './exit-codes.ts'
import { OUTPUT_FLAGS } from './output.ts'

export function helpFor(commands: readonly Command[]): string {
  const groups = Object.entries(GROUPS).flatMap(([group, title]) =>
    groupText(title, ofGroup(commands, group as Group)),
  )
  return `Moves files of any size to S3 and back, in parts, in parallel, and picks up partway.

Usage: partway COMMAND …

${groups.join('\n\n')}

partway COMMAND --help says more. --version prints the version.

Environment:
${table(ENVIRONMENT)}

Exit codes:
${table(EXIT_MEANINGS.map(([code, meaning]) => [String(code), meaning]))}
`
}

export function helpForCommand({
  name,
  operands,
  summary,
  description = [],
  examples = [],
  flags,
}: Command): string {
  return [
    summary,
    `Usage: partway ${[name, operands].filter(Boolean).join(' ')} [flags]`,
    ...description,
    ...(examples.length > 0
      ? [
          `Examples:\n${examples.map(({ summary, arguments: words }) => `  # ${summary}\n  partway ${words}`).join('\n')}`,
        ]
      : []),
    ...flagTables(flags),
    `Flags of every command:\n${flagTable(Object.entries(OUTPUT_FLAGS))}`,
  ]
    .join('\n\n')
    .concat('\n')
}

function ofGroup(commands: readonly Command[], group: Group): readonly Command[] {
  return commands.filter((command) => command.group === group)
}

function groupText(title: string, commands: readonly Command[]): string[] {
  if (commands.length === 0) return []
  return [`${title}:\n${table(commands.map(({ name, summary }) => [name, summary]))}`]
}

/** Each with its title. */
export function flagGroups(
  flags: Command['flags'],
): readonly { readonly title: string; readonly flags: readonly (readonly [string, Flag])[] }[] {
  const titles = [['', 'Flags'], ...Object.entries(FLAG_GROUPS)] as const
  return titles
    .map(([group, title]) => ({
      title,
      flags: Object.entries(flags).filter(([, flag]) => (flag.group ?? '') === group),
    }))
    .filter(({ flags }) => flags.length > 0)
}

function flagTables(flags: Command['flags']): string[] {
  return flagGroups(flags).map(({ title, flags }) => `${title}:\n${flagTable(flags)}`)
}

function flagTable(flags: readonly (readonly [string, Flag])[]): string {
  return table(flags.map(([name, flag]) => [flagText(name, flag), meaningOf(flag)]))
}

export function flagText(name: string, { short, value }: Flag): string {
  return `${short ? `-${short}, ` : '    '}--${name}${value ? ` ${value}` : ''}`
}

export function meaningOf({ summary, only, repeatable }: Flag): string {
  const notes = [...(repeatable ? ['repeatable'] : []), ...(only === 's3' ? ['s3:// alone'] : [])]
  return notes.length > 0 ? `${summary} [${notes.join(', ')}]` : summary
}

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n')
}
