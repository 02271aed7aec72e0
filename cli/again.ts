import type { Flags, Invocation } from './command.ts'
import { shellQuote } from './format.ts'

/** Flags that would undo what the same command is run again for. */
const ONCE_ONLY = ['restart']

/** The command that goes on with the operands that are not done, ready to be pasted into a shell in the same folder. */
export function commandAgain({ command, flags, terminal }: Invocation, operands: readonly string[]): string {
  const { PARTWAY_API: api, npm_command } = terminal.environment
  const all: Invocation['flags'] = { ...(api && { api }), ...flags }
  const words = Object.entries(all)
    .filter(([name]) => !ONCE_ONLY.includes(name))
    .flatMap(([name, value]) => flagWords(`--${name}`, value))
  const files = operands.some((operand) => operand.startsWith('-')) ? ['--', ...operands] : operands
  const program = npm_command === 'exec' ? ['npx', 'partway'] : ['partway']
  return [...program, command.name, ...words, ...files].map(shellQuote).join(' ')
}

function flagWords(flag: string, value: Flags[string]): string[] {
  if (value === true) return [flag]
  return [value].flat().flatMap((text) => [flag, text])
}
