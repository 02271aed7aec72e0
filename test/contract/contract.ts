import { beforeAll, test } from 'vitest'
import { engineName } from './engine.ts'
import { type KnownDifference, knownDifference } from './known-differences.ts'
import { createTarget, type Target } from './target.ts'

let target: Target

/** Each test file has a bucket of its own: runners evaluate this module once a file. */
beforeAll(async () => {
  const created = await createTarget()
  target = created.target
  return created.remove
})

/** @param skip leaves the test out, for a reason that the run's end names. */
export type Clause = (target: Target, skip: (reason: string) => never) => Promise<void>

/**
 * One clause of what Partway relies on in S3. Where the engine is known to differ it runs as well, and has to fail
 * in the known way: when the engine comes round, the test says so.
 * @param timeout in milliseconds. @default the project's
 */
export function contract(name: string, clause: Clause, timeout?: number): void {
  const difference = knownDifference(engineName, name)
  if (difference === undefined) {
    test(name, timeoutOf(timeout), ({ skip }) => clause(target, skip))
  } else {
    test(`${name} [${engineName} differs: ${difference.instead}]`, timeoutOf(timeout), ({ skip }) =>
      expectFailure(name, difference, clause(target, skip)),
    )
  }
}

function timeoutOf(timeout: number | undefined): { timeout?: number } {
  return timeout === undefined ? {} : { timeout }
}

async function expectFailure(
  name: string,
  { instead, failure }: KnownDifference,
  run: Promise<void>,
): Promise<void> {
  const outcome = await run.then(
    () => undefined,
    (error: unknown) => String(error),
  )
  if (outcome === undefined) {
    throw new Error(
      `expected ${engineName} to differ ("${instead}"), but it does as S3 does; take "${name}" out of known-differences.ts`,
    )
  }
  if (!failure.test(outcome)) throw new Error(`expected a failure like ${failure}, got "${outcome}"`)
}
