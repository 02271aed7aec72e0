import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'

const ROOT = join(import.meta.dirname, '../..')
/** Not copied: what is large, and what others write to meanwhile. */
const LEFT_OUT = ['node_modules', '.git', '.partway', 'cdk.out']
/** A safeguard that is gone may leave a test waiting. */
const TEST_TIMEOUT_MS = 15_000
const RUN_TIMEOUT_MS = 120_000

/** A safeguard taken away: one passage of a file, replaced by another. */
export interface Change {
  /** From the root. */
  readonly path: string
  readonly from: string
  readonly to: string
}

/** By file and name: `passed`, `failed`, `skipped`, … */
export type Outcomes = ReadonlyMap<string, string>

/** A copy of the working tree that may be damaged. */
export interface Tree {
  /**
   * @returns undoes it
   * @throws {Error} where the passage does not stand in the file exactly once: the code has moved
   */
  change(change: Change): Promise<() => Promise<void>>
  /** Runs test files; of one, the test of that name alone. */
  run(files: readonly string[], test?: string): Promise<Outcomes>
  remove(): Promise<void>
}

export async function copyTree(): Promise<Tree> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'partway-mutants-')))
  await cp(ROOT, folder, { recursive: true, filter: (path) => !LEFT_OUT.includes(basename(path)) })
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return {
    async change({ path, from, to }) {
      const file = join(folder, path)
      const text = await readFile(file, 'utf8')
      const times = text.split(from).length - 1
      if (times !== 1) throw new Error(`Expected once in ${path}, got ${times} times: ${from}`)
      await writeFile(
        file,
        text.replace(from, () => to),
      )
      return () => writeFile(file, text)
    },
    run: (files, test) => runTests(folder, files, test),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

async function runTests(folder: string, files: readonly string[], test?: string): Promise<Outcomes> {
  const output = join(folder, 'outcomes.json')
  await rm(output, { force: true })
  const named = test === undefined ? [] : ['--testNamePattern', patternOf(test)]
  const flags = ['--project', 'node', '--reporter', 'json', '--outputFile', output]
  const limits = ['--testTimeout', String(TEST_TIMEOUT_MS)]
  const vitest = join(folder, 'node_modules/.bin/vitest')
  // It ends with 1 where a test fails, which is what is wanted here.
  await promisify(execFile)(vitest, ['run', ...flags, ...limits, ...named, ...files], {
    cwd: folder,
    timeout: RUN_TIMEOUT_MS,
    killSignal: 'SIGKILL',
    maxBuffer: Number.POSITIVE_INFINITY,
  }).catch(() => {})
  return outcomesIn(await readFile(output, 'utf8'), folder)
}

interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

function outcomesIn(json: string, folder: string): Outcomes {
  const { testResults } = JSON.parse(json) as Report
  return new Map(
    testResults.flatMap(({ name, assertionResults }) =>
      assertionResults.map(
        ({ fullName, status }) => [`${name.slice(folder.length + 1)} ${fullName}`, status] as const,
      ),
    ),
  )
}

/** What a test stands in is before it, with either of these between them. */
function patternOf(test: string): string {
  const literal = test.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return `^${literal.replaceAll(' ', '( > | )')}$`
}
