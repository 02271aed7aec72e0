import { ApiError, BusyError, type Download, type DownloadResult } from '../../client/node/index.ts'
import { commandAgain } from '../again.ts'
import { type Invocation, type Terminal, UsageError } from '../command.ts'
import { type Connection, connect } from '../connect.ts'
import { EXIT } from '../exit-codes.ts'
import {
  exitCodeOf,
  explain,
  explainRefusal,
  isUnreached,
  troubleOf,
  UNREACHED_ADVICE,
  waitOf,
} from '../explain.ts'
import { stringFlag } from '../flags.ts'
import { formatBytes, formatDuration, formatRate } from '../format.ts'
import { placeOf } from '../place.ts'
import { createProgress } from '../progress.ts'

export async function run(invocation: Invocation): Promise<number> {
  const { operands, terminal, signal, flags } = invocation
  const [key, ...others] = operands
  if (!key || others.length > 0) throw new UsageError(`Expected one KEY to download, got ${operands.length}.`)
  const options = {
    output: stringFlag(flags.output),
    replace: flags.force === true,
    signal,
  }
  const connection = connect(invocation, placeOf(invocation, []))
  const { client } = connection
  const run = client.download(key, options)
  const name = key.slice(key.lastIndexOf('/') + 1)
  const say = (text: string) => terminal.stderr.write(`${name}: ${text}\n`)
  try {
    const result = await follow(run, name, terminal)
    say(summary(result))
    terminal.stdout.write(`${result.path}\n`)
    return EXIT.done
  } catch (error) {
    const begun = run.snapshot().size !== undefined
    if (signal.aborted) say(begun ? 'stopped; what is there is kept.' : 'stopped.')
    else say(await explainDownload(error, begun, connection, invocation))
    const code = signal.aborted ? EXIT.interrupted : exitCodeOf(error)
    if (begun && code !== EXIT.failed) {
      terminal.stderr.write(`To go on:\n  ${commandAgain(invocation, operands)}\n`)
    }
    return code
  } finally {
    client.close()
  }
}

/** Shows how the download goes, until it is over. */
function follow(run: Download, name: string, terminal: Terminal): Promise<DownloadResult> {
  const progress = createProgress(terminal, name, () => {
    const { bytesReceived: bytes, size = 0, rate, eta } = run.snapshot()
    return { bytes, size, rate, eta }
  })
  const note = (text: string) => progress.note(`${name}: ${text}`)
  run.on('started', ({ path, size }) => note(`receiving ${formatBytes(size)} into ${path}`))
  run.on('resumed', ({ bytes, size }) =>
    note(`going on, ${formatBytes(bytes)} of ${formatBytes(size)} are there already`),
  )
  run.on('restarted', ({ reason }) => note(`beginning anew: ${reason}`))
  run.on('retry', ({ delay, error }) => {
    const isSignedAgain = delay === 0
    if (!isSignedAgain) progress.trouble(troubleOf(error))
  })
  run.on('state', ({ state }) => {
    if (state === 'waiting') progress.wait(waitOf(run.snapshot()))
  })
  run.on('progress', () => progress.update())
  return run.result.finally(() => progress.end())
}

function summary({ size, elapsed, verified, bytesTransferred, bytesResumed }: DownloadResult): string {
  const rate = formatRate(elapsed > 0 ? (bytesTransferred / elapsed) * 1000 : undefined)
  const resumed = bytesResumed > 0 ? `, ${formatBytes(bytesResumed)} of them before` : ''
  return `done, ${formatBytes(size)}${resumed}, in ${formatDuration(elapsed / 1000)} (${rate}), verified by ${verified}`
}

async function explainDownload(
  error: unknown,
  begun: boolean,
  connection: Connection,
  invocation: Invocation,
): Promise<string> {
  if (isUnreached(error, begun)) return `${explain(error)} ${UNREACHED_ADVICE}`
  if (error instanceof BusyError) return error.message
  if (!(error instanceof ApiError)) return explain(error)
  if (error.type === 'object-unknown') {
    return 'Expected a key that partway upload printed; the store has no object of that key. It may have been deleted.'
  }
  if (error.type === 'key-not-yours' || error.type === 'invalid-request') {
    return 'Expected a key that partway upload printed; this is no such key, or another caller’s. Copy it whole.'
  }
  return explainRefusal(error, connection, invocation)
}
