import { openFile } from '../../client/node/index.ts'
import { uploadPart } from '../../client/node/s3/upload-part.ts'
import { ChecksumAlgorithm } from '../../protocol/schemas.ts'
import { type Invocation, UsageError } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { explain } from '../explain.ts'
import { choice, partSize, stringFlag } from '../flags.ts'
import { givenUpload, placeOfAll } from '../named-upload.ts'
import type { Operations } from '../operations.ts'
import { parsePartNumbers } from '../part-numbers.ts'
import { planOf, printJson, rangeOf } from '../plumbing.ts'
import { withOperations } from '../with-operations.ts'

export async function run(invocation: Invocation): Promise<number> {
  const { operands, flags } = invocation
  const [operand, file, ...others] = operands
  const upload = givenUpload(invocation, operand)
  if (file === undefined || others.length > 0) {
    throw new UsageError(`Expected an UPLOAD and a FILE, got ${operands.join(' ')}.`)
  }
  const [partNumber, ...more] = parsePartNumbers('--part', stringFlag(flags.part) ?? '')
  if (partNumber === undefined || more.length > 0) throw new UsageError('Expected one --part N.')
  const algorithm = choice(flags, 'checksum', ChecksumAlgorithm.options) ?? 'CRC64NVME'
  const place = placeOfAll(invocation, operands.slice(0, 1))
  return withOperations(invocation, place, (operations) =>
    send(invocation, operations, { upload, file, partNumber, algorithm }),
  )
}

interface Wanted {
  readonly upload: ReturnType<typeof givenUpload>
  readonly file: string
  readonly partNumber: number
  readonly algorithm: ChecksumAlgorithm
}

async function send(
  invocation: Invocation,
  operations: Operations,
  { upload, file, partNumber, algorithm }: Wanted,
): Promise<number> {
  const { flags, signal } = invocation
  const source = await openFile(file).catch((error: unknown) => {
    throw new UsageError(`Expected to read ${file}: ${explain(error)}`)
  })
  try {
    const { start, end, size } =
      flags.piece === true
        ? { start: 0, end: source.size, size: source.size }
        : rangeOf(operations.planOf(upload) ?? planOf(source.size, partSize(invocation)), partNumber)
    const { parts } = await operations.presign(upload, [{ partNumber, size }], signal)
    const [signed] = parts
    if (!signed) throw new UsageError(`Expected part ${partNumber} to be signed, got none.`)
    requireSize(file, size, signed.size)
    const { connections, keeping } = operations
    const { url, headers } = signed
    const body = source.slice(start, end)
    const sent = await uploadPart(connections, { partNumber, url, headers, body, algorithm }, keeping, signal)
    printJson(invocation, { partNumber, size, ...sent })
    return EXIT.done
  } finally {
    await source.close()
  }
}

/** @throws {UsageError} where the place has planned another file */
function requireSize(file: string, size: number, planned = size): void {
  if (size === planned) return
  throw new UsageError(
    `Expected the part of ${file} to have ${planned} bytes, as the upload was planned, got ${size}. Name the file that it was begun for, or --piece for one that is the part.`,
  )
}
