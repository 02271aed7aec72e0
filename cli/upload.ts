import {
  type NodeClient,
  openFile,
  type Upload,
  type UploadOptions,
  type UploadResult,
} from '../client/node/index.ts'
import { commandAgain } from './again.ts'
import { type Command, type Invocation, type Terminal, UsageError } from './command.ts'
import { connect } from './connect.ts'
import { EXIT } from './exit-codes.ts'
import {
  exitCodeOf,
  explain,
  explainRefusal,
  isUnreached,
  troubleOf,
  UNREACHED_ADVICE,
  waitOf,
} from './explain.ts'
import { API_FLAGS, integrity, partSize, stringFlag } from './flags.ts'
import { formatBytes, formatDuration, formatRate } from './format.ts'
import { createProgress } from './progress.ts'

export const upload: Command = {
  name: 'upload',
  summary: 'Sends files; goes on where an earlier run of the same command stopped. Prints their keys.',
  operands: 'FILE…',
  flags: {
    ...API_FLAGS,
    'part-size': { value: 'SIZE', summary: 'Such as 16MiB (8MiB, or what 10,000 parts need)' },
    'content-type': { value: 'TYPE', summary: 'Such as video/mp4, which downloads will have' },
    integrity: {
      value: 'whole|signed',
      summary: 'What the store compares: the whole, or each part as well, read twice (whole)',
    },
    search: { summary: 'Go on with what another machine has sent of this file' },
    restart: { summary: 'Forget what an earlier run has sent, and begin anew' },
  },
  async run(invocation) {
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
    const client = connect(invocation)
    const codes: number[] = []
    const unfinished: string[] = []
    for (const file of operands) {
      const { code, goesOn } = signal.aborted
        ? { code: EXIT.interrupted, goesOn: true }
        : await uploadFile(client, file, options, invocation)
      codes.push(code)
      if (goesOn) unfinished.push(file)
    }
    client.close()
    if (unfinished.length > 0) {
      terminal.stderr.write(`To go on:\n  ${commandAgain(invocation, unfinished)}\n`)
    }
    return worst(codes)
  },
}

interface Outcome {
  readonly code: number
  /** Whether the same command goes on with it. */
  readonly goesOn: boolean
}

async function uploadFile(
  client: NodeClient,
  file: string,
  options: UploadOptions,
  invocation: Invocation,
): Promise<Outcome> {
  const { terminal, signal } = invocation
  const say = (text: string) => terminal.stderr.write(`${file}: ${text}\n`)
  let run: Upload | undefined
  try {
    const source = await openFile(file)
    run = client.upload(source, options)
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
    say(await explainRefusal(error, client, invocation))
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
