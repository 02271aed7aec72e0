import { availableParallelism } from 'node:os'
import { MUTANTS, type Mutant } from './mutants.ts'
import { copyTree, type Tree } from './tree.ts'

/**
 * Removes one safeguard at a time, in copies of the tree, and has the test run that is said to hold it: the test has to fail.
 * `npm run test:mutants` for all, `npm run test:mutants -- WORD…` for those whose safeguard has one of these words in it.
 */
const LANES = Math.max(1, Math.floor(availableParallelism() / 2))

interface Verdict {
  readonly killed: boolean
  /** Where it was not killed. */
  readonly reason?: string
}

const words = process.argv.slice(2)
const chosen = MUTANTS.filter(
  ({ safeguard }) => words.length === 0 || words.some((word) => safeguard.includes(word)),
)
const verdicts = new Map<Mutant, Verdict>()
const trees = await Promise.all(Array.from({ length: LANES }, copyTree))
try {
  const sound = await unmutated(trees[0] as Tree, chosen)
  const queue = chosen.values()
  await Promise.all(
    trees.map(async (tree) => {
      for (const mutant of queue) verdicts.set(mutant, await judge(tree, mutant, sound))
    }),
  )
} finally {
  await Promise.all(trees.map((tree) => tree.remove()))
}
report(chosen, verdicts)

/** The tests that pass as long as nothing is taken away: only these can be seen to fail for it. */
async function unmutated(tree: Tree, mutants: readonly Mutant[]): Promise<ReadonlySet<string>> {
  const outcomes = await tree.run([...new Set(mutants.map(({ file }) => file))])
  return new Set([...outcomes].filter(([, status]) => status === 'passed').map(([name]) => name))
}

async function judge(tree: Tree, mutant: Mutant, sound: ReadonlySet<string>): Promise<Verdict> {
  const { file, test } = mutant
  if (!sound.has(`${file} ${test}`)) {
    return { killed: false, reason: 'the test does not pass with the safeguard in place, or there is none' }
  }
  const undo: (() => Promise<void>)[] = []
  try {
    for (const change of mutant.changes) undo.push(await tree.change(change))
    const status = (await tree.run([file], test)).get(`${file} ${test}`)
    return status === 'failed'
      ? { killed: true }
      : { killed: false, reason: `the test is ${status ?? 'gone'}` }
  } catch (error) {
    return { killed: false, reason: (error as Error).message }
  } finally {
    for (const step of undo.reverse()) await step()
  }
}

function report(mutants: readonly Mutant[], verdicts: ReadonlyMap<Mutant, Verdict>): void {
  const widest = Math.max(...mutants.map(({ safeguard }) => safeguard.length))
  for (const mutant of mutants) {
    const { killed, reason } = verdicts.get(mutant) ?? { killed: false, reason: 'it was not run' }
    const mark = killed ? 'killed' : `SURVIVES: ${reason}`
    console.log(`${mutant.safeguard.padEnd(widest)} | ${mutant.file}: ${mutant.test} | ${mark}`)
  }
  const failed = mutants.filter((mutant) => !verdicts.get(mutant)?.killed).length
  process.exitCode = failed > 0 || mutants.length === 0 ? 1 : 0
  console.log(`${mutants.length - failed} passed, ${failed} failed`)
}
