import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installPacked, pack } from '../test/package/pack.ts'
import { markdownTable, median } from './compare.ts'

const ROUNDS = 11
const BARE = ['-e', '0']

/** How soon the packed command answers, beside a Node that does nothing and beside the sources. */
export async function startup(): Promise<string> {
  const project = await mkdtemp(join(tmpdir(), 'partway-bench-'))
  try {
    const installed = await installPacked(await pack(project), project)
    const command = join(installed, 'cli/partway.cjs')
    const rows = measureStartups({
      'node -e 0': BARE,
      'partway --version': [command, '--version'],
      'partway --help': [command, '--help'],
      'partway upload --help': [command, 'upload', '--help'],
      'partway upload, without a file': [command, 'upload', 'none', '--api', 'http://127.0.0.1:9'],
      'partway --help, from the sources': [join(import.meta.dirname, '../cli/partway.cjs'), '--help'],
    }).map(({ name, ms, overBare }) => [`\`${name}\``, ms.toFixed(0), overBare.toFixed(0)])
    return markdownTable([[`the command, median of ${ROUNDS}`, 'ms', 'over bare Node'], ...rows])
  } finally {
    await rm(project, { recursive: true })
  }
}

interface Startup {
  readonly name: string
  readonly ms: number
  /** Milliseconds more than the first: the median of the rounds' own differences. */
  readonly overBare: number
}

/** Runs Node with each of these arguments in turns, so that whatever else the machine does meets all of them. */
export function measureStartups(runs: Record<string, readonly string[]>): Startup[] {
  const rounds = Array.from({ length: ROUNDS + 1 }, () => Object.values(runs).map(millisecondsOf))
  // The first round warms the disk, and the cache of what is compiled.
  const measured = rounds.slice(1)
  return Object.keys(runs).map((name, at) => ({
    name,
    ms: median(measured.map((round) => round[at] ?? Number.NaN)),
    overBare: median(measured.map((round) => (round[at] ?? Number.NaN) - (round[0] ?? Number.NaN))),
  }))
}

function millisecondsOf(args: readonly string[]): number {
  const began = performance.now()
  const { error } = spawnSync(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  if (error) throw error
  return performance.now() - began
}
