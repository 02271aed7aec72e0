import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

const MAIN = join(import.meta.dirname, '../../cli/main.ts')
const WATCH = import.meta.resolve('./part-watch.ts')

export interface Outcome {
  /** `undefined` where a signal ended it. */
  code: number | undefined
  stdout: string
  stderr: string
  /** The parts whose PUT was begun, in that order. */
  parts: number[]
}

export interface Desk {
  readonly folder: string
  /**
   * Runs the command in that folder, to its end.
   * @param environment `KILL_AFTER` so many acknowledged parts, with `KILL_SIGNALS`
   */
  run(args: string[], environment?: Record<string, string>): Promise<Outcome>
}

/** A folder of a test's own to run `partway` in, which remembers its uploads there. */
export async function openDesk(): Promise<Desk> {
  const folder = await mkdtemp(join(tmpdir(), 'partway-cli-'))
  const stop = new AbortController()
  let runs = 0
  onTestFinished(async () => {
    stop.abort()
    await rm(folder, { recursive: true, force: true })
  })

  async function run(args: string[], environment: Record<string, string> = {}): Promise<Outcome> {
    const log = join(folder, `.parts-${++runs}`)
    const child = spawn(process.execPath, ['--import', WATCH, MAIN, ...args], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: stop.signal,
      killSignal: 'SIGKILL',
      env: { PATH: process.env.PATH, PARTWAY_STATE: join(folder, '.state'), PARTS_LOG: log, ...environment },
    })
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ])
    return { code: code ?? undefined, stdout, stderr, parts: await partsIn(log) }
  }

  return { folder, run }
}

async function partsIn(log: string): Promise<number[]> {
  await writeFile(log, '', { flag: 'a' })
  return (await readFile(log, 'utf8')).split('\n').filter(Boolean).map(Number)
}
