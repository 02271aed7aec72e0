import { PassThrough } from 'node:stream'
import type { Invocation, Terminal } from '../../cli/command.ts'
import { COMMANDS } from '../../cli/commands/index.ts'
import { createOutput } from '../../cli/output.ts'
import { parse } from '../../cli/parse.ts'

/** A command line as `main` hands it to its command, with a terminal that nobody looks at. */
export function invocation(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Invocation {
  const understood = parse(args, COMMANDS)
  const terminal = deafTerminal(environment)
  const output = createOutput(terminal, understood.flags)
  return { ...understood, terminal, output, signal: new AbortController().signal }
}

function deafTerminal(environment: Readonly<Record<string, string>>): Terminal {
  const nowhere = new PassThrough().resume()
  return { environment, stdin: new PassThrough().end(), stdout: nowhere, stderr: nowhere }
}
