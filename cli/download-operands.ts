import type { ByteRange } from '../client/byte-range.ts'
import { type Flags, type Invocation, UsageError } from './command.ts'
import { isPrefix } from './downloads.ts'
import { stringFlag } from './flags.ts'
import { isS3Uri, parseS3Uri } from './place.ts'

export interface DownloadOperands {
  readonly keys: readonly string[]
  /** The operands that name a place. */
  readonly places: readonly string[]
  /** `-` for standard output. */
  readonly output: string | undefined
  readonly range: ByteRange | undefined
  /** The one object that is meant; `undefined` where there may be several. */
  readonly sole: string | undefined
}

/** @throws {UsageError} */
export function downloadOperands({ operands, flags }: Invocation): DownloadOperands {
  const places = operands.filter(isS3Uri)
  const { keys, output } = places.length > 0 ? s3Operands(operands, flags) : apiOperands(operands, flags)
  const [first, ...others] = keys
  if (first === undefined) throw new UsageError('Expected a KEY to download, got none.')
  const sole = others.length > 0 || isPrefix(first) ? undefined : first
  const range = rangeOf(flags)
  if (range && sole === undefined) {
    throw new UsageError('Expected one object with --range, got several. Leave out the others, or the range.')
  }
  if (output === '-' && sole === undefined) {
    throw new UsageError('Expected one object for standard output, got several. Choose a folder for them.')
  }
  return { keys, places, output, range, sole }
}

function apiOperands(operands: readonly string[], flags: Flags) {
  return { keys: operands, output: stringFlag(flags.output) }
}

function s3Operands(operands: readonly string[], flags: Flags) {
  const odd = operands.findIndex((operand) => !isS3Uri(operand))
  const given = stringFlag(flags.output)
  if (odd !== -1 && odd < operands.length - 1) {
    throw new UsageError(
      `Expected places such as s3://bucket/key and one PATH at the end, got ${operands[odd]} before it.`,
    )
  }
  const path = odd === -1 ? undefined : operands[odd]
  if (path !== undefined && given !== undefined) {
    throw new UsageError(`Expected one PATH, got ${path} and --output ${given}. Leave one of them out.`)
  }
  const keys = operands.filter(isS3Uri).map((operand) => parseS3Uri(operand).key)
  return { keys, output: path ?? given }
}

/** As HTTP has it: both ends are meant. @throws {UsageError} */
function rangeOf(flags: Flags): ByteRange | undefined {
  const text = stringFlag(flags.range)
  if (text === undefined) return undefined
  const [, first = '', last = ''] = /^(\d*)-(\d*)$/.exec(text) ?? []
  const start = first === '' ? -Number(last) : Number(first)
  const end = first === '' || last === '' ? undefined : Number(last) + 1
  const sound =
    (first !== '' || Number(last) > 0) && Number.isSafeInteger(start) && (end === undefined || end > start)
  if (sound) return { start, end }
  throw new UsageError(
    `Expected --range such as 0-1023, 1024- or -1024 (the last ones), the first byte not after the last; got ${JSON.stringify(text)}.`,
  )
}
