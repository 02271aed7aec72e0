import { ApiError, BusyError } from '../../client/node/index.ts'
import { commandAgain } from '../again.ts'
import { createBoard } from '../board.ts'
import { type Invocation, UsageError } from '../command.ts'
import { type Connection, connect } from '../connect.ts'
import { EXIT } from '../exit-codes.ts'
import { exitCodeOf, explain, explainRefusal, isUnreached, UNREACHED_ADVICE } from '../explain.ts'
import { stringFlag } from '../flags.ts'
import { followDownload } from '../follow.ts'
import { placeOf } from '../place.ts'

export async function run(invocation: Invocation): Promise<number> {
  const { operands, terminal, output, signal, flags } = invocation
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
  const board = createBoard(terminal, output)
  board.expect(1, 0)
  const say = (text: string) => output.error(`${name}: ${text}`)
  try {
    const result = await followDownload(run, name, board, output)
    output.result(result.path)
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
    board.end()
    client.close()
  }
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
