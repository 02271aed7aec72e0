import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

const MAIN = join(import.meta.dirname, '../../cli/main.ts')

/** A command that a test watches while it runs. */
export interface UnderWay {
  /** Resolves with the match once standard error has it. @throws {Error} with what it said, where it ends before */
  says(pattern: RegExp): Promise<RegExpExecArray>
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>
}

/** Runs `partway` in a folder. */
export function begin(folder: string, args: string[], environment: Record<string, string>): UnderWay {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: folder, PARTWAY_STATE: join(folder, '.state'), ...environment },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let [stdout, stderr] = ['', '']
  const heard = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    for (const listener of heard) listener()
  })
  const ended = once(child, 'close').then(([code]) => ({ code, stdout, stderr }))
  return {
    ended,
    kill: (signal) => void child.kill(signal),
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(stderr)
          if (match) resolve(match)
        }
        heard.add(look)
        look()
        ended.then(() => reject(new Error(`Expected it to say ${pattern}, got:\n${stderr}`)))
      }),
  }
}
