import { ApiError, type NodeClient } from '../client/node/index.ts'
import { type Command, type Invocation, UsageError } from './command.ts'
import { connect } from './connect.ts'
import { EXIT } from './exit-codes.ts'
import { exitCodeOf, explain, explainRefusal, isUnreached, troubleOf, UNREACHED_ADVICE } from './explain.ts'
import { API_FLAGS, concurrency, stringFlag } from './flags.ts'
import { formatBytes, formatDuration, formatRate } from './format.ts'
import { createProgress } from './progress.ts'

export const download: Command = {
  name: 'download',
  summary: 'Brings a file back by its key. Prints the path.',
  operands: 'KEY',
  flags: {
    ...API_FLAGS,
    output: { value: 'PATH', short: 'o', summary: "A file or a folder (the file's own name, here)" },
    force: { short: 'f', summary: 'Replace a file of that name' },
  },
  async run(invocation) {
    const { operands, terminal, signal, flags } = invocation
    const [key, ...others] = operands
    if (!key || others.length > 0)
      throw new UsageError(`Expected one KEY to download, got ${operands.length}.`)
    const options = {
      concurrency: concurrency(invocation),
      output: stringFlag(flags.output),
      replace: flags.force === true,
      signal,
    }
    const client = connect(invocation)
    const run = client.download(key, options)
    const name = key.slice(key.lastIndexOf('/') + 1)
    const progress = createProgress(terminal, name, () => {
      const { bytesReceived: bytes, size = 0, rate, eta } = run.snapshot()
      return { bytes, size, rate, eta }
    })
    run.on('started', ({ path, size }) =>
      progress.note(`${name}: receiving ${formatBytes(size)} into ${path}`),
    )
    run.on('retry', ({ delay, error }) => {
      const isSignedAgain = delay === 0
      if (!isSignedAgain) progress.trouble(troubleOf(error))
    })
    run.on('progress', () => progress.update())
    try {
      const { path, size, elapsed, verified } = await run.result.finally(() => progress.end())
      const rate = formatRate(elapsed > 0 ? (size / elapsed) * 1000 : undefined)
      terminal.stderr.write(
        `${name}: done, ${formatBytes(size)} in ${formatDuration(elapsed / 1000)} (${rate}), verified by ${verified}\n`,
      )
      terminal.stdout.write(`${path}\n`)
      return EXIT.done
    } catch (error) {
      if (signal.aborted) {
        terminal.stderr.write(`${name}: stopped, and nothing is kept. The same command begins anew.\n`)
        return EXIT.interrupted
      }
      const begun = run.snapshot().size !== undefined
      terminal.stderr.write(`${name}: ${await explainDownload(error, begun, client, invocation)}\n`)
      return exitCodeOf(error)
    } finally {
      client.close()
    }
  },
}

async function explainDownload(
  error: unknown,
  begun: boolean,
  client: NodeClient,
  invocation: Invocation,
): Promise<string> {
  if (isUnreached(error, begun)) return `${explain(error)} ${UNREACHED_ADVICE}`
  if (!(error instanceof ApiError)) return explain(error)
  if (error.type === 'object-unknown') {
    return 'Expected a key that partway upload printed; the store has no object of that key. It may have been deleted.'
  }
  if (error.type === 'key-not-yours' || error.type === 'invalid-request') {
    return 'Expected a key that partway upload printed; this is no such key, or another caller’s. Copy it whole.'
  }
  return explainRefusal(error, client, invocation)
}
