import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'

/** What a run of a command took. */
export interface Run {
  readonly seconds: number
  readonly cpuSeconds: number
  /** The most memory that it had, resident; NaN where there is no /proc. */
  readonly peakMiB: number
}

/** Says the command's process id, and at the end what the shell's children have used: of the shell first, then of the command. */
const SHELL = '"$@" & echo $! >&3; wait $!; status=$?; times >&3; exit $status'
const SAMPLE_MS = 5

/**
 * Runs a command to its end.
 * @throws {Error} with what it said, where it fails
 */
export async function measure(command: readonly string[], env: NodeJS.ProcessEnv): Promise<Run> {
  const begun = performance.now()
  const child = spawn('sh', ['-c', SHELL, 'sh', ...command], {
    env,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  })
  const [, , errors, told] = child.stdio
  const said = text(errors as NodeJS.ReadableStream)
  const lines: string[] = []
  let peakMiB = Number.NaN
  const sampling = setInterval(() => {
    peakMiB = peakOf(lines[0]) ?? peakMiB
  }, SAMPLE_MS)
  try {
    for await (const line of createInterface(told as NodeJS.ReadableStream)) lines.push(line)
    const seconds = (performance.now() - begun) / 1000
    const code = child.exitCode ?? (await new Promise((resolve) => child.once('exit', resolve)))
    if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}: ${(await said).slice(-1000)}`)
    return { seconds, cpuSeconds: cpuOf(lines[2]), peakMiB }
  } finally {
    clearInterval(sampling)
  }
}

/** Not the kernel's figure at the end: that counts what the parent had when it forked. */
function peakOf(pid: string | undefined): number | undefined {
  if (pid === undefined) return undefined
  try {
    const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return kibibytes === undefined ? undefined : Number(kibibytes) / 1024
  } catch {
    return undefined
  }
}

/** Of `0m1.234s 0m0.567s`: user and system. */
function cpuOf(line = ''): number {
  const times = [...line.matchAll(/(\d+)m([\d.]+)s/g)]
  return times.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0)
}
