import { type Invocation, UsageError } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { givenUpload, placeOfAll } from '../named-upload.ts'
import { printJson } from '../plumbing.ts'
import { withOperations } from '../with-operations.ts'

export async function run(invocation: Invocation): Promise<number> {
  const { operands, output, signal } = invocation
  const [operand, ...others] = operands
  if (others.length > 0) throw new UsageError(`Expected one UPLOAD, got ${operands.join(' ')}.`)
  const upload = givenUpload(invocation, operand)
  return withOperations(invocation, placeOfAll(invocation, operands), async (operations) => {
    const listing = await operations.listParts(upload, signal)
    if (listing) {
      printJson(invocation, listing)
      return EXIT.done
    }
    output.error(
      'Expected an upload that is under way; this one was completed, aborted, has expired or never was.',
    )
    return EXIT.failed
  })
}
