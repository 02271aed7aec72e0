import type { Invocation } from './command.ts'
import { shellQuote } from './format.ts'

/** Flags that would undo what the same command is run again for. */
const ONCE_ONLY = ['restart']

/** The command that goes on with the operands that are not done, ready to be pasted into the same shell. */
export function commandAgain({ command, flags, terminal }: Invocation, operands: readonly string[]): string {
  const words = Object.entries(flags)
    .filter(([name]) => !ONCE_ONLY.includes(name))
    .flatMap(([name, value]) => (value === true ? [`--${name}`] : [`--${name}`, value]))
  const files = operands.some((operand) => operand.startsWith('-')) ? ['--', ...operands] : operands
  const program = terminal.environment.npm_command === 'exec' ? ['npx', 'partway'] : ['partway']
  return [...program, command.name, ...words, ...files].map(shellQuote).join(' ')
}
