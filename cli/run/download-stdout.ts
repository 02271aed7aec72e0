import { OutputClosedError } from '../../client/node/index.ts'
import { createBoard } from '../board.ts'
import { type Invocation, UsageError } from '../command.ts'
import type { Connection } from '../connect.ts'
import type { DownloadOperands } from '../download-operands.ts'
import { EXIT } from '../exit-codes.ts'
import { exitCodeOf, isUnreached, UNREACHED_ADVICE } from '../explain.ts'
import { explainDownload } from '../explain-download.ts'
import { followDownload } from '../follow.ts'

/** One object, or a range of it, to whatever reads standard output. There is nothing to go on with. */
export async function downloadToStdout(
  invocation: Invocation,
  connection: Connection,
  { sole: key = '', range }: DownloadOperands,
): Promise<number> {
  const { terminal, output, signal } = invocation
  if (output.json) {
    throw new UsageError('Expected --json or the object on standard output, got both. Leave one of them out.')
  }
  const board = createBoard(terminal, output)
  board.expect(1, 0)
  const name = key.slice(key.lastIndexOf('/') + 1)
  const download = connection.client.downloadStream(key, terminal.stdout, { range, signal })
  try {
    await followDownload(download, name, board, output)
    return EXIT.done
  } catch (error) {
    if (signal.aborted) {
      output.error(`${name}: stopped. What is on standard output is not whole.`)
      return EXIT.interrupted
    }
    // Whoever reads has had enough, such as head.
    if (error instanceof OutputClosedError) return EXIT.done
    const unreached = isUnreached(error, download.snapshot().size !== undefined)
    const text = await explainDownload(error, connection, invocation)
    output.error(`${name}: ${text}${unreached ? ` ${UNREACHED_ADVICE}` : ''}`)
    return unreached ? exitCodeOf(error) : EXIT.failed
  } finally {
    board.end()
  }
}
