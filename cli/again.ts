import type { GivenFlag, Invocation, Terminal } from './command.ts'
import { shellQuote } from './format.ts'
import type { Place } from './place.ts'

/** Flags that would undo what the same command is run again for. */
const ONCE_ONLY = ['restart']

/** The words of the command that goes on, without the program's: what the environment says of the place is among them. */
export function wordsAgain({ command, given, operands, flags }: Invocation, place: Place): string[] {
  const named = placeFlag(place).filter(([name]) => !(name in flags))
  const words = [...named, ...given].filter(([name]) => !ONCE_ONLY.includes(name)).flatMap(flagWords)
  const files = operands.some((operand) => operand.startsWith('-')) ? ['--', ...operands] : operands
  return [command.name, ...words, ...files]
}

/** Ready to be pasted into a shell in the same folder. */
export function commandLine(
  words: readonly string[],
  { environment }: Pick<Terminal, 'environment'>,
): string {
  const program = environment.npm_command === 'exec' ? ['npx', 'partway'] : ['partway']
  return [...program, ...words].map(shellQuote).join(' ')
}

function placeFlag(place: Place): GivenFlag[] {
  if (place.kind === 'api') return [['api', place.url]]
  return place.endpoint === undefined ? [] : [['endpoint-url', place.endpoint]]
}

function flagWords([name, value]: GivenFlag): string[] {
  if (value === true) return [`--${name}`]
  return value.startsWith('-') ? [`--${name}=${value}`] : [`--${name}`, value]
}
