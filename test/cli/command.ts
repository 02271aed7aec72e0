import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

const MAIN = join(import.meta.dirname, '../../cli/main.ts')
const WATCH = join(import.meta.dirname, 'part-watch.ts')

export interface Outcome {
  /** `undefined` where a signal ended it. */
  code: number | undefined
  stdout: string
  stderr: string
  /** The parts whose PUT was begun, in that order. */
  parts: number[]
}

export interface Run {
  child: ChildProcess
  /** Resolves when standard error has said so. */
  said(text: string): Promise<void>
  outcome: Promise<Outcome>
}

export interface Desk {
  folder: string
  /** Begins the command in that folder. @param environment `KILL_AFTER`: so many acknowledged parts */
  begin(args: string[], environment?: Record<string, string>): Run
  /** Runs it to its end. */
  run(args: string[], environment?: Record<string, string>): Promise<Outcome>
}

/** A folder of a test's own to run `partway` in, which remembers its uploads there. */
export async function openDesk(): Promise<Desk> {
  const folder = await mkdtemp(join(tmpdir(), 'partway-cli-'))
  const running = new Set<ChildProcess>()
  onTestFinished(async () => {
    for (const child of running) child.kill('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  })

  function begin(args: string[], environment: Record<string, string> = {}): Run {
    const log = join(folder, `.parts-${running.size}-${Date.now()}`)
    const child = spawn(process.execPath, ['--import', WATCH, MAIN, ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, PARTWAY_STATE: join(folder, '.state'), PARTS_LOG: log, ...environment },
    })
    running.add(child)
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk) => {
      stdout += chunk
    })
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    const outcome = once(child, 'close').then(async ([code]) => {
      running.delete(child)
      return { code: code ?? undefined, stdout, stderr, parts: await partsIn(log) }
    })
    return {
      child,
      outcome,
      async said(text) {
        while (!stderr.includes(text)) await once(child.stderr, 'data')
      },
    }
  }

  return { folder, begin, run: (args, environment) => begin(args, environment).outcome }
}

async function partsIn(log: string): Promise<number[]> {
  await writeFile(log, '', { flag: 'a' })
  return (await readFile(log, 'utf8')).split('\n').filter(Boolean).map(Number)
}
