import type { Command, Flag } from './command.ts'
import { TOKEN_VARIABLE } from './connect.ts'
import { EXIT_MEANINGS } from './exit-codes.ts'

const ENVIRONMENT = [
  ['PARTWAY_API', 'The API, where --api is left out'],
  [TOKEN_VARIABLE, 'A bearer token, for an API that takes signed-in callers only'],
  ['PARTWAY_STATE', 'The folder that remembers unfinished uploads (~/.local/state/partway)'],
] as const

export function helpFor(commands: readonly Command[]): string {
  return `Moves files of any size to S3 and back, in parts, in parallel, and picks up partway.

Usage: partway COMMAND …

${table(commands.map(({ name, operands, summary }) => [`partway ${name} ${operands}`, summary]))}

partway COMMAND --help says more. --version prints the version.

Environment:
${table(ENVIRONMENT)}

Exit codes:
${table(EXIT_MEANINGS.map(([code, meaning]) => [String(code), meaning]))}
`
}

export function helpForCommand({ name, operands, summary, flags }: Command): string {
  return `${summary}

Usage: partway ${name} ${operands} [flags]

${table(Object.entries(flags).map(([name, flag]) => [flagText(name, flag), flag.summary]))}
`
}

function flagText(name: string, { short, value }: Flag): string {
  return `${short ? `-${short}, ` : '    '}--${name}${value ? ` ${value}` : ''}`
}

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n')
}
