import { type Invocation, UsageError } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { stringFlag } from '../flags.ts'
import { formatBytes } from '../format.ts'
import { findUpload, keyOf, placeOfAll } from '../named-upload.ts'
import type { Operations } from '../operations.ts'
import { withOperations } from '../with-operations.ts'

export async function run(invocation: Invocation): Promise<number> {
  const { operands, flags } = invocation
  if (operands.length === 0) throw new UsageError('Expected an UPLOAD to abort, got none.')
  if (operands.length > 1 && flags['upload-id'] !== undefined) {
    throw new UsageError(`Expected one UPLOAD with --upload-id, got ${operands.length}.`)
  }
  return withOperations(invocation, placeOfAll(invocation, operands), async (operations) => {
    // All are found before the first is thrown away: what is ambiguous is told while nothing has happened.
    const found: (readonly [string, Awaited<ReturnType<typeof find>>])[] = []
    for (const operand of operands) found.push([operand, await find(invocation, operations, operand)])
    for (const [operand, upload] of found) await abortOne(invocation, operations, operand, upload)
    return EXIT.done
  })
}

function find({ flags, signal }: Invocation, operations: Operations, operand: string) {
  const uploadId = stringFlag(flags['upload-id'])
  return uploadId
    ? Promise.resolve({ key: keyOf(operand), uploadId })
    : findUpload(operations, operand, signal)
}

async function abortOne(
  { output, signal }: Invocation,
  operations: Operations,
  operand: string,
  upload: Awaited<ReturnType<typeof find>>,
): Promise<void> {
  const listing = upload && (await operations.listParts(upload, signal))
  if (!upload || !listing) {
    output.note(`${operand}: nothing to abort, there is no such unfinished upload.`)
    output.record({ type: 'aborted', key: keyOf(operand), uploadId: upload?.uploadId, bytes: 0 })
    return
  }
  const bytes = listing.parts.reduce((sum, { size }) => sum + size, 0)
  await operations.abort(upload, signal)
  const { key, uploadId } = upload
  output.record({ type: 'aborted', key, uploadId, bytes })
  output.note(`${key}: aborted, ${formatBytes(bytes)} freed.`)
}
