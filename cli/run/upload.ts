import { openFile, type Upload, type UploadOptions, type UploadResult } from '../../client/node/index.ts'
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
import { integrity, partSize, stringFlag } from '../flags.ts'
import { formatBytes, formatDuration, formatRate } from '../format.ts'
import { placeOf } from '../place.ts'
import { createProgress } from '../progress.ts'

export async function run(invocation: Invocation): Promise<number> {
  const { operands, terminal, signal } = invocation
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
  const codes: number[] = []
  const unfinished: string[] = []
  for (const file of operands) {
    const { code, goesOn } = signal.aborted
      ? { code: EXIT.interrupted, goesOn: true }
      : await uploadFile(connection, file, options, invocation)
    codes.push(code)
    if (goesOn) unfinished.push(file)
  }
  client.close()
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
  options: UploadOptions,
  invocation: Invocation,
): Promise<Outcome> {
  const { terminal, signal } = invocation
  const say = (text: string) => terminal.stderr.write(`${file}: ${text}\n`)
  let run: Upload | undefined
  try {
    const source = await openFile(file)
    run = connection.client.upload(source, options)
    const result = await follow(run, file, terminal).finally(() => source.close())
    say(summary(result))
    terminal.stdout.write(`${result.key}\n`)
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

/** Shows how the upload goes, until it is over. */
function follow(run: Upload, file: string, terminal: Terminal): Promise<UploadResult> {
  const progress = createProgress(terminal, file, () => {
    const { bytesSent: bytes, size, rate, eta } = run.snapshot()
    return { bytes, size, rate, eta }
  })
  const note = (text: string) => progress.note(`${file}: ${text}`)
  const size = formatBytes(run.snapshot().size)
  run.on('initiated', () => note(`sending ${size}`))
  run.on('resumed', ({ bytes }) => note(`going on, ${formatBytes(bytes)} of ${size} are there already`))
  run.on('restarted', ({ reason }) => note(`beginning anew. ${reason}`))
  run.on('set-aside', ({ reason }) => note(`looking for it in the store. ${reason}`))
  run.on('downgraded', ({ reason }) => note(`not to be verified by checksum. ${reason}`))
  run.on('unrecorded', ({ error }) =>
    note(
      `what is sent cannot be remembered, a kill would cost it: ${explain(error)} (PARTWAY_STATE names another folder for it.)`,
    ),
  )
  run.on('retry', ({ delay, error, partNumber }) => {
    const isSignedAgain = delay === 0 && partNumber !== undefined
    if (!isSignedAgain) progress.trouble(troubleOf(error))
  })
  run.on('state', ({ state }) => {
    if (state === 'waiting') progress.wait(waitOf(run.snapshot()))
  })
  run.on('progress', () => progress.update())
  return run.result.finally(() => progress.end())
}

function summary({ size, elapsed, verified, bytesTransferred, bytesResumed }: UploadResult): string {
  const rate = formatRate(elapsed > 0 ? (bytesTransferred / elapsed) * 1000 : undefined)
  const resumed = bytesResumed > 0 ? `, ${formatBytes(bytesResumed)} of them before` : ''
  const proof = verified === 'etag' ? 'the MD5 of every part (ETag)' : verified
  return `done, ${formatBytes(size)}${resumed}, in ${formatDuration(elapsed / 1000)} (${rate}), verified by ${proof}`
}

/** A failure for good outweighs one that goes on; an interruption outweighs both. */
function worst(codes: readonly number[]): number {
  const order = [EXIT.interrupted, EXIT.failed, EXIT.resumable]
  return order.find((code) => codes.includes(code)) ?? EXIT.done
}
