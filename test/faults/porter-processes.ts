import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import type { Porter } from './porter.ts'
import type { Outcome } from './told.ts'

const MAIN = new URL('./porter-process.ts', import.meta.url).pathname
export const SMALL_PARTS = new URL('./small-parts-hook.ts', import.meta.url).href
/** An engine that is done lets its process end; what keeps it is a leak. */
const LONGEST_END_MS = 10_000

/** Each errand in a process of its own. */
export function createPorterProcesses(apiUrl: string, state: string): Porter {
  const cuts = new Map<string, { error: string; after: number }>()
  let timers = 0
  return {
    begin(errand) {
      const child = spawn(
        process.execPath,
        ['--import', SMALL_PARTS, MAIN, apiUrl, state, JSON.stringify(errand)],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      )
      const ended = once(child, 'exit')
      const said = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()))
      const leak = said.then(() => setTimeout(() => child.kill('SIGABRT'), LONGEST_END_MS))
      const run = async (): Promise<Outcome | undefined> => {
        const [line, [code, signal]] = await Promise.all([text(child.stdout), ended])
        if (line !== '') clearTimeout(await leak)
        if (signal === 'SIGKILL') return undefined
        if (code !== 0) throw new Error(`Expected the process to end by itself, got ${code ?? signal}.`)
        const report = JSON.parse(line)
        for (const [name, cut] of report.cuts) cuts.set(name, cut)
        timers += report.timers
        return report.outcome
      }
      return {
        outcome: run(),
        pause() {
          throw new Error('Expected an errand in this process, got one of its own.')
        },
        stop: () => child.kill('SIGTERM'),
        kill: () => child.kill('SIGKILL'),
      }
    },
    cuts,
    get timers() {
      return timers
    },
    close() {},
  }
}
