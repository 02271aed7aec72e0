import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { peakMemory } from './memory.ts'

const MAIN = join(import.meta.dirname, '../../cli/main.ts')
const PEAK = import.meta.resolve('./peak-memory.ts')

export interface Run {
  readonly child: ChildProcess
  /** When it was started, as of `performance.now()`. */
  readonly startedAt: number
  /** Of one that was not killed; the memory in bytes. */
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>
  /** In bytes, of a run that has ended by itself. */
  peakMemory(): Promise<number>
}

/** Starts `partway`; all that one test starts remember their uploads in the same place. */
export async function openCommand(): Promise<(args: readonly string[]) => Run> {
  const folder = await mkdtemp(join(tmpdir(), 'partway-command-'))
  const children: ChildProcess[] = []
  onTestFinished(async () => {
    for (const child of children) child.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  })
  return (args) => {
    const log = join(folder, `memory-${children.length}`)
    const startedAt = performance.now()
    const child = spawn(process.execPath, ['--import', PEAK, MAIN, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, PARTWAY_STATE: join(folder, 'state'), MEMORY_LOG: log },
    })
    children.push(child)
    const closed = once(child, 'close')
    const ended = Promise.all([text(child.stdout), text(child.stderr), closed]).then(
      ([stdout, stderr, [code]]) => ({ code, stdout, stderr }),
    )
    return { child, startedAt, ended, peakMemory: () => peakMemory(log) }
  }
}
