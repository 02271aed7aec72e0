import type { StoredPart } from '../../protocol/schemas.ts'
import { type Invocation, UsageError } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { stringFlag } from '../flags.ts'
import { formatBytes } from '../format.ts'
import { findUpload, keyOf, placeOfAll } from '../named-upload.ts'
import type { Listing, Operations } from '../operations.ts'
import { missingParts, partRanges } from '../part-numbers.ts'
import { type Column, Table } from '../table.ts'
import { heldText } from '../unfinished.ts'
import { withOperations } from '../with-operations.ts'

const COLUMNS: readonly Column<StoredPart>[] = [
  { title: 'PART', cell: ({ partNumber }) => String(partNumber), right: true },
  { title: 'SIZE', cell: ({ size }) => formatBytes(size), field: ({ size }) => String(size), right: true },
  { title: 'ETAG', cell: ({ etag }) => etag, elastic: true },
  {
    title: 'CHECKSUM',
    cell: ({ checksum }) => (checksum ? `${checksum.algorithm} ${checksum.value}` : ''),
    field: ({ checksum }) => (checksum ? `${checksum.algorithm}:${checksum.value}` : ''),
  },
]

export async function run(invocation: Invocation): Promise<number> {
  const { operands, output, terminal } = invocation
  const [operand, ...others] = operands
  if (operand === undefined || others.length > 0) {
    throw new UsageError(`Expected one UPLOAD, got ${operands.length}.`)
  }
  return withOperations(invocation, placeOfAll(invocation, operands), async (operations) => {
    const listing = await listingOf(invocation, operations, operand)
    if (!listing) {
      output.error(
        `Expected an unfinished upload, found none of ${operand}. partway list shows those there are.`,
      )
      return EXIT.failed
    }
    const table = new Table(COLUMNS, terminal.stdout, output.result)
    for (const part of listing.parts) {
      const { partNumber, size, etag, checksum } = part
      output.record({ type: 'part', partNumber, size, etag, checksum })
      table.add(part)
    }
    table.end()
    output.record({ type: 'upload', ...summary(listing) })
    output.note(sumUp(listing))
    return EXIT.done
  })
}

async function listingOf(
  { flags, signal }: Invocation,
  operations: Operations,
  operand: string,
): Promise<Listing | undefined> {
  const uploadId = stringFlag(flags['upload-id'])
  const upload = uploadId ? { key: keyOf(operand), uploadId } : await findUpload(operations, operand, signal)
  return upload && operations.listParts(upload, signal)
}

function summary({ key, uploadId, size, partSize, partCount, parts, abortDate, checksumAlgorithm }: Listing) {
  const held = { parts: parts.length, bytes: bytesOf(parts), missing: missingOf(parts, partCount) }
  return { key, uploadId, ...held, size, partSize, partCount, checksumAlgorithm, abortDate }
}

function sumUp({ parts, partCount, size }: Listing): string {
  const numbers = parts.map(({ partNumber }) => partNumber)
  const missing = missingOf(parts, partCount)
  const held = heldText({ bytes: bytesOf(parts), size })
  const of = partCount === undefined ? '' : ` of ${partCount}`
  const gaps = missing.length > 0 ? ` Missing: ${partRanges(missing)}.` : ''
  return `Parts ${partRanges(numbers)}${of}, ${held}.${gaps}`
}

/** Where nobody knows how many there are to be, those before the last that is there. */
function missingOf(parts: readonly StoredPart[], partCount: number | undefined): number[] {
  const numbers = parts.map(({ partNumber }) => partNumber)
  return missingParts(numbers, partCount ?? numbers.at(-1) ?? 0)
}

function bytesOf(parts: readonly StoredPart[]): number {
  return parts.reduce((sum, { size }) => sum + size, 0)
}
