import { type Invocation, UsageError } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { stringFlag } from '../flags.ts'
import { givenUpload, placeOfAll } from '../named-upload.ts'
import { parsePartNumbers } from '../part-numbers.ts'
import { planFlag, printJson, rangeOf } from '../plumbing.ts'
import { withOperations } from '../with-operations.ts'

export async function run(invocation: Invocation): Promise<number> {
  const { operands, flags, signal } = invocation
  const [operand, ...others] = operands
  if (others.length > 0) throw new UsageError(`Expected one UPLOAD, got ${operands.join(' ')}.`)
  const upload = givenUpload(invocation, operand)
  const text = stringFlag(flags.parts)
  if (text === undefined) throw new UsageError('Expected --parts such as 1-10,12, got none.')
  const partNumbers = parsePartNumbers('--parts', text)
  const given = planFlag(invocation)
  return withOperations(invocation, placeOfAll(invocation, operands), async (operations) => {
    const plan = given ?? operations.planOf(upload)
    const parts = partNumbers.map((partNumber) => ({
      partNumber,
      ...(plan && { size: rangeOf(plan, partNumber).size }),
    }))
    printJson(invocation, await operations.presign(upload, parts, signal))
    return EXIT.done
  })
}
