import { MAX_SINGLE_PUT_BYTES } from '../protocol/limits.ts'
import { commandLine } from './again.ts'
import type { Board } from './board.ts'
import type { Invocation } from './command.ts'
import { EXIT } from './exit-codes.ts'
import { exitCodeOf, isUnreached, UNREACHED_ADVICE } from './explain.ts'
import { LeftOutError, type OddOne } from './files.ts'
import { foresee } from './forecast.ts'
import { Hope } from './hopeless.ts'
import { inParallel } from './parallel.ts'
import type { Run } from './runs.ts'

/** So many small files are under way at once: each waits for its answers most of the time. */
const CAPACITY = 16
/** A large file fills the lanes by itself; a second one does while the first is completed. */
const LARGE_FILE_WEIGHT = CAPACITY / 2

const NOTHING_MOVED = { bytes: 0, size: 0, rate: undefined, eta: undefined }

export interface Task {
  readonly kind: 'file'
  /** For a person. */
  readonly path: string
  readonly bytes: number
}

export interface Transfer {
  /** Whether there is something to go on with. */
  readonly begun: boolean
  /** Bytes that need not travel again. */
  readonly kept: number
  /** What it failed with: the board and the events have told that. */
  readonly error: Error | undefined
}

export interface Sweep<Job extends Task> {
  readonly direction: 'upload' | 'download'
  readonly invocation: Invocation
  readonly run: Run
  readonly board: Board
  work(job: Job, signal: AbortSignal): Promise<void>
  /** What has become of its transfer, once there is one. */
  transferOf(job: Job): Transfer | undefined
  /** For a person, in a sentence or two. */
  explain(error: unknown): Promise<string>
  /** Of what was interrupted, such as `the store keeps 32.0 MiB`. @param bytes more than none */
  keeps(bytes: number): string
}

/**
 * Does all there is to do, several at once; what fails does not stop the others.
 * @param find what there is; once more to foresee how much that is
 * @returns the exit code
 */
export async function sweep<Job extends Task>(
  find: () => AsyncIterable<Job | OddOne>,
  { invocation, run, board, ...how }: Sweep<Job>,
): Promise<number> {
  const { output, terminal } = invocation
  const forecast = await foresee(find(), board, invocation.signal)
  const halt = new AbortController()
  const signal = AbortSignal.any([invocation.signal, halt.signal])
  const hope = new Hope()
  const codes = new Set<number>()
  const stopped: string[] = []
  let kept = 0
  let done = 0
  let goesOn = false

  async function attempt(job: Job): Promise<void> {
    try {
      await how.work(job, signal)
      done++
    } catch (error) {
      await settle(error, job)
    }
  }

  async function settle(error: unknown, job: Job): Promise<void> {
    if (invocation.signal.aborted) {
      stopped.push(job.path)
      kept += how.transferOf(job)?.kept ?? 0
      return
    }
    if (halt.signal.aborted) return
    const transfer = how.transferOf(job)
    const unreached = isUnreached(error, transfer?.begun === true)
    if (unreached || (done === 0 && hope.lose(error))) halt.abort()
    if (!transfer) board.begin(job.path, () => NOTHING_MOVED).end('failed')
    await tell(job.path, error, { unreached, isTold: transfer !== undefined && transfer.error === error })
  }

  async function tell(
    name: string,
    error: unknown,
    { unreached, isTold }: { readonly unreached: boolean; readonly isTold: boolean },
  ): Promise<void> {
    const code = exitCodeOf(error)
    const reason = await how.explain(error)
    codes.add(code)
    goesOn ||= code === EXIT.resumable && !unreached
    output.error(`${name}: ${reason}${unreached ? ` ${UNREACHED_ADVICE}` : ''}`)
    if (isTold) return
    const kind = error instanceof Error ? error.name : 'Error'
    const resumable = code === EXIT.resumable
    output.event('failed', { direction: how.direction, name, error: kind, reason, resumable })
  }

  async function* jobs(): AsyncGenerator<Job> {
    for await (const task of find()) {
      if (task.kind === 'file') yield task
      else await leaveOut(task)
    }
  }

  async function leaveOut({ path, error }: OddOne): Promise<void> {
    if (invocation.signal.aborted) return
    if (!(error instanceof LeftOutError)) {
      return tell(path, error, { unreached: isUnreached(error, false), isTold: false })
    }
    output.error(`${path}: ${error.message}`)
    output.event('warning', {
      direction: how.direction,
      name: path,
      about: 'left-out',
      reason: error.message,
    })
  }

  const remembering = forecast.total.then((total) => total && run.journal.add({ type: 'found', ...total }))
  await inParallel(jobs(), CAPACITY, weightOf, attempt, signal)
  await remembering
  board.end()
  const total = await forecast.total
  if (total?.files === 0 && codes.size === 0) {
    const { include, exclude } = invocation.flags
    const isFiltered = include !== undefined || exclude !== undefined
    if (isFiltered) codes.add(EXIT.failed)
    if (isFiltered)
      output.error('Expected files that --include and --exclude leave, found none. Look at the patterns.')
    else output.note('There are no files.')
  }
  if (invocation.signal.aborted) {
    codes.add(EXIT.interrupted)
    goesOn = true
    const remains = kept > 0 ? how.keeps(kept) : 'nothing of it was through yet'
    output.error(stopped.length === 1 ? `${stopped[0]}: stopped; ${remains}.` : `Stopped; ${remains}.`)
  }
  if (halt.signal.aborted && total?.files !== 1)
    output.note('The other files would fare no better: they are not tried.')
  if (codes.size === 0 || (!goesOn && done === 0 && run.journal.done.size === 0)) await run.journal.finish()
  else await run.journal.close()
  if (goesOn && codes.size > 0) {
    output.error(`To go on:\n  ${commandLine(run.words, terminal)}`)
    output.event('unfinished', { command: run.words })
  } else if (codes.has(EXIT.failed) && done > 0) {
    output.note('What is done is remembered: the same command tries the rest again.')
  }
  return worst(codes)
}

function weightOf({ bytes }: Task): number {
  return bytes > MAX_SINGLE_PUT_BYTES ? LARGE_FILE_WEIGHT : 1
}

/** A failure for good outweighs one that goes on; an interruption outweighs both. */
export function worst(codes: ReadonlySet<number>): number {
  const order = [EXIT.interrupted, EXIT.failed, EXIT.resumable]
  return order.find((code) => codes.has(code)) ?? EXIT.done
}
