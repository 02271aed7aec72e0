import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import * as v from 'valibot'
import { Checksum, CompleteRequest } from '../../protocol/schemas.ts'
import { type Invocation, UsageError } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { explain } from '../explain.ts'
import { stringFlag } from '../flags.ts'
import { givenUpload, placeOfAll } from '../named-upload.ts'
import { printJson } from '../plumbing.ts'
import { withOperations } from '../with-operations.ts'

export async function run(invocation: Invocation): Promise<number> {
  const { operands, signal } = invocation
  const [operand, ...others] = operands
  if (others.length > 0) throw new UsageError(`Expected one UPLOAD, got ${operands.join(' ')}.`)
  const upload = givenUpload(invocation, operand)
  const place = placeOfAll(invocation, operands)
  const checksum = checksumOf(invocation)
  const parts = await partsOf(invocation)
  const overwrite = invocation.flags['if-none-match'] !== true
  return withOperations(invocation, place, async (operations) => {
    printJson(invocation, await operations.complete(upload, { checksum, parts, overwrite }, signal))
    return EXIT.done
  })
}

/** @throws {UsageError} */
function checksumOf({ flags }: Invocation): Checksum | undefined {
  const given = stringFlag(flags.checksum)
  if (given === undefined) return undefined
  const at = given.indexOf(':')
  const parsed = v.safeParse(Checksum, { algorithm: given.slice(0, at), value: given.slice(at + 1) })
  if (parsed.success) return parsed.output
  throw new UsageError(`Expected --checksum such as CRC32:yD+8fg==, got ${JSON.stringify(given)}.`)
}

/** @throws {UsageError} */
async function partsOf({ flags, terminal }: Invocation): Promise<CompleteRequest['parts']> {
  const file = stringFlag(flags.parts)
  if (file === undefined) return undefined
  const written = await (file === '-' ? text(terminal.stdin) : readFile(file, 'utf8')).catch(
    (error: unknown) => {
      throw new UsageError(`Expected to read --parts ${file}: ${explain(error)}`)
    },
  )
  const parsed = v.safeParse(CompleteRequest.entries.parts, objectsIn(written).map(withoutSize))
  if (parsed.success && parsed.output) return parsed.output
  throw new UsageError(
    `Expected --parts to hold a line of JSON for each part, as partway upload-part prints it, got something else in ${file}.`,
  )
}

/** A line each, or one array of them. */
function objectsIn(written: string): unknown[] {
  try {
    const lines = written.split('\n').filter((line) => line.trim() !== '')
    return lines.flatMap((line) => JSON.parse(line))
  } catch {
    return [undefined]
  }
}

function withoutSize(part: unknown): unknown {
  const { size: _, ...claim } = Object(part)
  return claim
}
