import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
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
  /** The bytes that arrived of an object, piece by piece. */
  pieces: Piece[]
}

/** Offsets. */
export interface Piece {
  start: number
  end: number
}

export interface Desk {
  readonly folder: string
  /**
   * Runs the command in that folder, to its end.
   * @param environment `KILL_AFTER` so many acknowledged parts, or `KILL_AFTER_BYTES` that arrived, with `KILL_SIGNALS`; `SLOW_MS`
   * @param outlets where its output goes: read here, closed at once, or a file descriptor
   */
  run(args: string[], environment?: Record<string, string>, outlets?: Outlets): Promise<Outcome>
}

type Outlet = 'pipe' | 'closed' | number

interface Outlets {
  readonly stdout?: Outlet
  readonly stderr?: Outlet
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

  async function run(
    args: string[],
    environment: Record<string, string> = {},
    { stdout = 'pipe', stderr = 'pipe' }: Outlets = {},
  ): Promise<Outcome> {
    const log = join(folder, `.parts-${++runs}`)
    const child = spawn(process.execPath, ['--import', WATCH, MAIN, ...args], {
      cwd: folder,
      stdio: ['ignore', stdout === 'closed' ? 'pipe' : stdout, stderr === 'closed' ? 'pipe' : stderr],
      signal: stop.signal,
      killSignal: 'SIGKILL',
      env: { PATH: process.env.PATH, PARTWAY_STATE: join(folder, '.state'), PARTS_LOG: log, ...environment },
    })
    const [printed, said, [code]] = await Promise.all([
      drain(child.stdout, stdout),
      drain(child.stderr, stderr),
      once(child, 'close'),
    ])
    return { code: code ?? undefined, stdout: printed, stderr: said, ...(await seenIn(log)) }
  }

  return { folder, run }
}

async function drain(stream: Readable | null, outlet: Outlet): Promise<string> {
  if (stream && outlet === 'pipe') return text(stream)
  stream?.destroy()
  return ''
}

async function seenIn(log: string): Promise<Pick<Outcome, 'parts' | 'pieces'>> {
  await writeFile(log, '', { flag: 'a' })
  const lines = (await readFile(log, 'utf8')).split('\n').filter(Boolean)
  const pieces = lines.filter((line) => line.includes('-')).map((line) => line.split('-').map(Number))
  return {
    parts: lines.filter((line) => !line.includes('-')).map(Number),
    pieces: pieces.map(([start = 0, end = 0]) => ({ start, end })),
  }
}
