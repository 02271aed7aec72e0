import { type PartPlan, partRange, planParts } from '../protocol/part-plan.ts'
import { ProblemError } from '../protocol/problems.ts'
import { type Invocation, UsageError } from './command.ts'
import { partSize, sizeFlag } from './flags.ts'

/** One JSON object, with or without `--json`. */
export function printJson({ terminal }: Invocation, answer: object): void {
  terminal.stdout.write(`${JSON.stringify(answer)}\n`)
}

/** Of `--size`, which is S3's own affair. @throws {UsageError} */
export function planFlag(invocation: Invocation): PartPlan | undefined {
  const size = sizeFlag(invocation.flags, 'size', '200GiB')
  const wanted = partSize(invocation)
  if (size === undefined && wanted !== undefined) {
    throw new UsageError('Expected --size with --part-size, got none.')
  }
  return size === undefined ? undefined : planOf(size, wanted)
}

/** @throws {UsageError} */
export function planOf(size: number, partSize: number | undefined): PartPlan {
  return asUsage(() => planParts(size, partSize))
}

/** @throws {UsageError} for one that the plan has not */
export function rangeOf(plan: PartPlan, partNumber: number) {
  return asUsage(() => partRange(plan, partNumber))
}

function asUsage<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof ProblemError || error instanceof RangeError) throw new UsageError(error.message)
    throw error
  }
}
