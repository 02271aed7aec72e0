#!/usr/bin/env node
import { VERSION } from '../protocol/version.ts'
import { type Terminal, UsageError } from './command.ts'
import { COMMANDS } from './commands/index.ts'
import { EXIT } from './exit-codes.ts'
import { helpFor, helpForCommand } from './help.ts'
import { createOutput } from './output.ts'
import { parse } from './parse.ts'

const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    if (stop.signal.aborted) process.exit(EXIT.interrupted)
    stop.abort()
  })
}

// What a person reads may have nobody who reads it any more (`2>&1 | head`): the upload goes on.
process.stderr.on('error', () => {})
let unprinted: NodeJS.ErrnoException | undefined
process.stdout.on('error', (error) => {
  unprinted ??= error
})

const terminal: Terminal = {
  environment: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
}
process.exitCode = await main(process.argv.slice(2), terminal, stop.signal)
// The stream tells of its errors a moment after the write.
process.once('beforeExit', () => {
  if (!unprinted) return
  if (unprinted.code !== 'EPIPE') {
    terminal.stderr.write(`Expected to print the result on standard output, got: ${unprinted.message}.\n`)
  }
  if (process.exitCode === EXIT.done) process.exitCode = EXIT.failed
})

/** @returns the exit code */
async function main(args: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<number> {
  const [first, second] = args
  const isHelp = first === 'help' || first === '--help' || first === '-h'
  const asked = COMMANDS.find(({ name }) => name === (isHelp ? second : first))
  if (first === undefined || (isHelp && !asked)) {
    const out = first === undefined ? terminal.stderr : terminal.stdout
    out.write(helpFor(COMMANDS))
    return first === undefined ? EXIT.usage : EXIT.done
  }
  if (first === '--version') {
    terminal.stdout.write(`${VERSION}\n`)
    return EXIT.done
  }
  const ended = args.indexOf('--')
  const words = ended === -1 ? args : args.slice(0, ended)
  if (asked && (isHelp || words.includes('--help') || words.includes('-h'))) {
    terminal.stdout.write(helpForCommand(asked))
    return EXIT.done
  }
  try {
    const { command, ...understood } = parse(args, COMMANDS)
    const output = createOutput(terminal, understood.flags)
    const { run } = await command.load()
    return await run({ command, ...understood, terminal, output, signal })
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    terminal.stderr.write(`${error.message}\nRun partway ${asked ? `${asked.name} ` : ''}--help.\n`)
    return EXIT.usage
  }
}
