import { ApiError, CredentialsError, NotPartwayError } from '../client/node/index.ts'
import { MAX_SINGLE_PUT_BYTES } from '../protocol/limits.ts'
import { commandLine } from './again.ts'
import type { Board } from './board.ts'
import type { Invocation } from './command.ts'
import { EXIT } from './exit-codes.ts'
import { exitCodeOf, isUnreached, UNREACHED_ADVICE } from './explain.ts'
import { LeftOutError, type OddOne } from './files.ts'
import { foresee } from './forecast.ts'
import { inParallel } from './parallel.ts'
import type { Run } from './runs.ts'

/** So many small files are under way at once: each waits for its answers most of the time. */
const CAPACITY = 16
/** A large file fills the lanes by itself; a second one does while the first is completed. */
const LARGE_FILE_WEIGHT = CAPACITY / 2

export interface Task {
  readonly kind: 'file'
  /** For a person. */
  readonly path: string
  readonly bytes: number
}

export interface Sweep<Job extends Task> {
  readonly invocation: Invocation
  readonly run: Run
  readonly board: Board
  work(job: Job, signal: AbortSignal): Promise<void>
  /** Whether there is something to go on with. */
  hasBegun(job: Job): boolean
  /** For a person, in a sentence or two. */
  explain(error: unknown, job: Job | OddOne): Promise<string> | string
  /** Of one that was interrupted, such as `what is there is kept`. */
  readonly kept: string
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
  const codes = new Set<number>()
  const stopped: string[] = []
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
    if (invocation.signal.aborted) return void stopped.push(job.path)
    if (halt.signal.aborted) return
    const code = exitCodeOf(error)
    codes.add(code)
    if (isUnreached(error, how.hasBegun(job))) {
      halt.abort()
      return output.error(`${job.path}: ${await how.explain(error, job)} ${UNREACHED_ADVICE}`)
    }
    goesOn ||= code === EXIT.resumable
    if (done === 0 && isHopeless(error)) halt.abort()
    output.error(`${job.path}: ${await how.explain(error, job)}`)
  }

  async function* jobs(): AsyncGenerator<Job> {
    for await (const task of find()) {
      if (task.kind === 'file') yield task
      else await leaveOut(task)
    }
  }

  async function leaveOut(odd: OddOne): Promise<void> {
    output.error(`${odd.path}: ${await how.explain(odd.error, odd)}`)
    if (!(odd.error instanceof LeftOutError)) codes.add(EXIT.failed)
  }

  const remembering = forecast.total.then((total) => total && run.journal.add({ type: 'found', ...total }))
  await inParallel(jobs(), CAPACITY, weightOf, attempt, signal)
  await remembering
  board.end()
  if (invocation.signal.aborted) {
    codes.add(EXIT.interrupted)
    goesOn = true
    output.error(stopped.length === 1 ? `${stopped[0]}: stopped; ${how.kept}.` : `Stopped; ${how.kept}.`)
  }
  if (codes.size === 0 || (!goesOn && done === 0 && run.journal.done.size === 0)) await run.journal.finish()
  else await run.journal.close()
  if (goesOn && codes.size > 0) {
    output.error(`To go on:\n  ${commandLine(run.words, terminal)}`)
    output.event('unfinished', { command: run.words })
  }
  return worst(codes)
}

function weightOf({ bytes }: Task): number {
  return bytes > MAX_SINGLE_PUT_BYTES ? LARGE_FILE_WEIGHT : 1
}

/** Whether the other files would fare no better: it was not about this one. */
function isHopeless(error: unknown): boolean {
  if (error instanceof ApiError) return error.type === undefined && error.status < 500
  return error instanceof NotPartwayError || error instanceof CredentialsError
}

/** A failure for good outweighs one that goes on; an interruption outweighs both. */
export function worst(codes: ReadonlySet<number>): number {
  const order = [EXIT.interrupted, EXIT.failed, EXIT.resumable]
  return order.find((code) => codes.has(code)) ?? EXIT.done
}
