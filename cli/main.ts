#!/usr/bin/env node
import { VERSION } from '../protocol/version.ts'
import { type Terminal, UsageError } from './command.ts'
import { doctor } from './doctor.ts'
import { download } from './download.ts'
import { EXIT } from './exit-codes.ts'
import { helpFor, helpForCommand } from './help.ts'
import { parse } from './parse.ts'
import { upload } from './upload.ts'

const COMMANDS = [upload, download, doctor]

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

const terminal: Terminal = { environment: process.env, stdout: process.stdout, stderr: process.stderr }
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
  const [first] = args
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    const out = first === undefined ? terminal.stderr : terminal.stdout
    out.write(helpFor(COMMANDS))
    return first === undefined ? EXIT.usage : EXIT.done
  }
  if (first === '--version') {
    terminal.stdout.write(`${VERSION}\n`)
    return EXIT.done
  }
  const asked = COMMANDS.find(({ name }) => name === first)
  if (asked && (args.includes('--help') || args.includes('-h'))) {
    terminal.stdout.write(helpForCommand(asked))
    return EXIT.done
  }
  try {
    const invocation = parse(args, COMMANDS)
    return await invocation.command.run({ ...invocation, terminal, signal })
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    terminal.stderr.write(`${error.message}\nRun partway ${asked ? `${asked.name} ` : ''}--help.\n`)
    return EXIT.usage
  }
}
