import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { type Terminal, UsageError } from '../../cli/command.ts'
import { COMMANDS } from '../../cli/commands/index.ts'
import { createOutput } from '../../cli/output.ts'
import { parse } from '../../cli/parse.ts'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** Of standard output, as JSON. */
  readonly lines: readonly Record<string, unknown>[]
}

/** Runs a command in this process, which is ten times as fast as in one of its own. */
export async function runHere(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Ran> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const terminal: Terminal = { environment, stdin: new PassThrough().end(), stdout, stderr }
  const said = Promise.all([text(stdout), text(stderr)])
  const code = await runOn(args, terminal)
  stdout.end()
  stderr.end()
  const [printed, told] = await said
  return {
    code,
    stdout: printed,
    stderr: told,
    get lines() {
      return printed
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    },
  }
}

async function runOn(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const { command, ...understood } = parse(args, COMMANDS)
    const output = createOutput(terminal, understood.flags)
    const { run } = await command.load()
    const { signal } = new AbortController()
    return await run({ command, ...understood, terminal, output, signal })
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    terminal.stderr.write(`${error.message}\n`)
    return 2
  }
}
