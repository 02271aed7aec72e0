import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

export const MAIN = join(import.meta.dirname, '../../cli/main.ts')

export interface Ending {
  /** `undefined` where a signal ended it. */
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
}

export interface Traveller {
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
}

/** Runs the command to its end. */
export async function travel(traveller: Traveller, args: readonly string[]): Promise<Ending> {
  return endingOf(start(traveller, args))
}

/**
 * Runs the command until that moment, and sends it the signals.
 * @throws {Error} where it ends before
 */
export async function travelUntil(
  traveller: Traveller,
  args: readonly string[],
  moment: Promise<void>,
  signals: readonly NodeJS.Signals[] = ['SIGKILL'],
): Promise<Ending> {
  const child = start(traveller, args)
  const ending = endingOf(child)
  const first = await Promise.race([moment, ending])
  if (first) {
    throw new Error(`Expected ${args.join(' ')} to be at it still, got ${first.code}:\n${first.stderr}`)
  }
  for (const signal of signals) child.kill(signal)
  return ending
}

function start({ folder, environment }: Traveller, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: folder, AWS_EC2_METADATA_DISABLED: 'true', ...environment },
  })
}

async function endingOf(child: ChildProcess): Promise<Ending> {
  const { stdout, stderr } = child
  if (!stdout || !stderr) throw new Error('Expected pipes, got none.')
  const [printed, said, [code]] = await Promise.all([text(stdout), text(stderr), once(child, 'close')])
  return { code: code ?? undefined, stdout: printed, stderr: said }
}
