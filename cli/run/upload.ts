import { openFile, type Upload, type UploadOptions } from '../../client/node/index.ts'
import { commandAgain } from '../again.ts'
import { type Board, createBoard } from '../board.ts'
import { type Invocation, UsageError } from '../command.ts'
import { type Connection, connect } from '../connect.ts'
import { EXIT } from '../exit-codes.ts'
import { exitCodeOf, explain, explainRefusal, isUnreached, UNREACHED_ADVICE } from '../explain.ts'
import { integrity, partSize, stringFlag } from '../flags.ts'
import { followUpload } from '../follow.ts'
import { placeOf } from '../place.ts'

export async function run(invocation: Invocation): Promise<number> {
  const { operands, terminal, output, signal } = invocation
  if (operands.length === 0) throw new UsageError('Expected a FILE to upload, got none.')
  const options = {
    partSize: partSize(invocation),
    integrity: integrity(invocation),
    resume: invocation.flags.search ? ('search' as const) : undefined,
    contentType: stringFlag(invocation.flags['content-type']),
    restart: invocation.flags.restart === true,
    signal,
  }
  const connection = connect(invocation, placeOf(invocation, []))
  const { client } = connection
  const board = createBoard(terminal, output)
  board.expect(operands.length, 0)
  const codes: number[] = []
  const unfinished: string[] = []
  for (const file of operands) {
    const { code, goesOn } = signal.aborted
      ? { code: EXIT.interrupted, goesOn: true }
      : await uploadFile(connection, file, { options, board }, invocation)
    codes.push(code)
    if (goesOn) unfinished.push(file)
  }
  client.close()
  board.end()
  if (unfinished.length > 0) {
    terminal.stderr.write(`To go on:\n  ${commandAgain(invocation, unfinished)}\n`)
  }
  return worst(codes)
}

interface Outcome {
  readonly code: number
  /** Whether the same command goes on with it. */
  readonly goesOn: boolean
}

async function uploadFile(
  connection: Connection,
  file: string,
  { options, board }: { readonly options: UploadOptions; readonly board: Board },
  invocation: Invocation,
): Promise<Outcome> {
  const { output, signal } = invocation
  const say = (text: string) => output.error(`${file}: ${text}`)
  let run: Upload | undefined
  try {
    const source = await openFile(file)
    run = connection.client.upload(source, options)
    const result = await followUpload(run, file, board, output).finally(() => source.close())
    output.result(result.key)
    return { code: EXIT.done, goesOn: false }
  } catch (error) {
    if (signal.aborted) {
      say('stopped; the store keeps the parts that it has.')
      return { code: EXIT.interrupted, goesOn: true }
    }
    const code = exitCodeOf(error)
    if (isUnreached(error, run?.snapshot().key !== undefined)) {
      say(`${explain(error)} ${UNREACHED_ADVICE}`)
      return { code, goesOn: false }
    }
    say(await explainRefusal(error, connection, invocation))
    return { code, goesOn: code === EXIT.resumable }
  }
}

/** A failure for good outweighs one that goes on; an interruption outweighs both. */
function worst(codes: readonly number[]): number {
  const order = [EXIT.interrupted, EXIT.failed, EXIT.resumable]
  return order.find((code) => codes.includes(code)) ?? EXIT.done
}
