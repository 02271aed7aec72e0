import type { Command, Flag } from '../cli/command.ts'
import { GROUPS } from '../cli/command.ts'
import { COMMANDS } from '../cli/commands/index.ts'
import { ENVIRONMENT } from '../cli/environment.ts'
import { EVENTS, FIELDS } from '../cli/events.ts'
import { EXIT_MEANINGS } from '../cli/exit-codes.ts'
import { flagText, meaningOf } from '../cli/help.ts'
import { OUTPUT_FLAGS } from '../cli/output.ts'

/**
 * The command line as a page, derived from the same table as its help.
 * `node scripts/cli-docs.ts > docs/cli.md`; a test fails where that file is out of date.
 */
export function cliPage(): string {
  const groups = Object.entries(GROUPS)
    .map(([group, title]) => ({ title, commands: COMMANDS.filter((command) => command.group === group) }))
    .filter(({ commands }) => commands.length > 0)
  return [
    '# `partway`, the command line',
    'Moves files of any size to S3 and back, in parts, in parallel, and picks up partway. It speaks to a Partway API ' +
      '(`--api URL` or `PARTWAY_API`), or straight to S3 with AWS credentials where a place such as `s3://bucket/folder/` is named. ' +
      'Results go to standard output, everything that a person reads goes to standard error.',
    'This page is made from the table that the help is made from: `node scripts/cli-docs.ts > docs/cli.md`.',
    groups
      .map(
        ({ title, commands }) =>
          `- ${title}: ${commands.map(({ name }) => `[\`${name}\`](#${name})`).join(', ')}`,
      )
      .join('\n'),
    ...groups.flatMap(({ commands }) => commands.map(commandText)),
    '## Flags of every command',
    flagTable(OUTPUT_FLAGS),
    '## Environment',
    table(
      ['variable', 'meaning'],
      ENVIRONMENT.map(([name, meaning]) => [`\`${name}\``, meaning]),
    ),
    '## Exit codes',
    table(
      ['code', 'meaning'],
      EXIT_MEANINGS.map(([code, meaning]) => [String(code), meaning]),
    ),
    '## Events of `--json`',
    'Of `upload`, `download` and `resume`: each is a line, with its `type` and its `time` (ISO 8601, UTC). What is unknown is left out. ' +
      'A field keeps its name and its meaning; a later version may add others.',
    table(
      ['type', 'when', 'fields'],
      Object.entries(EVENTS).map(([type, { when, fields }]) => [
        `\`${type}\``,
        when,
        fields.map((field) => `\`${field}\``).join(', '),
      ]),
    ),
    table(
      ['field', 'meaning'],
      Object.entries(FIELDS).map(([field, meaning]) => [`\`${field}\``, meaning]),
    ),
  ]
    .join('\n\n')
    .concat('\n')
}

function commandText({ name, operands, summary, description = [], examples = [], flags }: Command): string {
  return [
    `## ${name}`,
    summary,
    fence(`partway ${[name, operands].filter(Boolean).join(' ')} [flags]`),
    ...description,
    ...(examples.length > 0
      ? [
          fence(
            examples.map(({ summary, arguments: words }) => `# ${summary}\npartway ${words}`).join('\n\n'),
          ),
        ]
      : []),
    ...(Object.keys(flags).length > 0 ? [flagTable(flags)] : []),
  ].join('\n\n')
}

function flagTable(flags: Readonly<Record<string, Flag>>): string {
  return table(
    ['flag', 'meaning'],
    Object.entries(flags).map(([name, flag]) => [`\`${flagText(name, flag).trim()}\``, meaningOf(flag)]),
  )
}

function fence(text: string): string {
  return `\`\`\`sh\n${text}\n\`\`\``
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}

if (import.meta.main) process.stdout.write(cliPage())
