import type { UploadId } from '../client/control-plane.ts'
import { formatAge } from './age.ts'
import { type Flag, type Invocation, UsageError } from './command.ts'
import { stringFlag } from './flags.ts'
import type { BegunUpload, Operations } from './operations.ts'
import { isS3Uri, type Place, parseS3Uri, placeOf } from './place.ts'

/** How one is named, in every command that has to do with one: its key, and its id where the key has several. */
export const UPLOAD_ID_FLAG = {
  'upload-id': { value: 'ID', summary: 'Which upload of that key' },
} as const satisfies Record<string, Flag>

/** @throws {UsageError} for a bucket without a key */
export function keyOf(operand: string): string {
  if (!isS3Uri(operand)) return operand
  const { key } = parseS3Uri(operand)
  if (key === '')
    throw new UsageError(`Expected an upload’s key, such as ${operand}/film.mov, got its bucket.`)
  return key
}

/** The place of operands that are keys or `s3://` places, not of both kinds. @throws {UsageError} */
export function placeOfAll(invocation: Invocation, operands: readonly string[]): Place {
  const s3 = operands.filter(isS3Uri)
  const other = operands.find((operand) => !isS3Uri(operand))
  if (s3.length > 0 && other !== undefined) {
    throw new UsageError(`Expected s3:// places alone, or keys of an API alone, got ${s3[0]} and ${other}.`)
  }
  return placeOf(invocation, s3)
}

/**
 * One upload by its key and its id, without looking: for scripts.
 * @throws {UsageError} where one of them is missing
 */
export function givenUpload({ command, flags }: Invocation, operand: string | undefined): UploadId {
  const uploadId = stringFlag(flags['upload-id'])
  if (operand === undefined || uploadId === undefined) {
    throw new UsageError(
      `Expected an upload’s key and its id, such as partway ${command.name} s3://bucket/film.mov --upload-id ID, got ${operand === undefined ? 'no key' : 'no --upload-id'}.`,
    )
  }
  return { key: keyOf(operand), uploadId }
}

/**
 * Looks for an upload by its key, its file's name or its id.
 * @returns `undefined` where there is none
 * @throws {UsageError} where there are several, which it names
 */
export async function findUpload(
  operations: Operations,
  operand: string,
  signal: AbortSignal,
): Promise<BegunUpload | undefined> {
  const key = keyOf(operand)
  const found: BegunUpload[] = []
  const isS3 = isS3Uri(operand)
  for await (const upload of operations.uploads(isS3 ? key : '', signal)) {
    const names = isS3 ? [upload.key] : [upload.key, upload.uploadId, upload.fileName]
    if (names.includes(key)) found.push(upload)
  }
  if (found.length > 1) throw new UsageError(severalOf(operand, found, operations.now()))
  return found[0]
}

function severalOf(operand: string, uploads: readonly BegunUpload[], now: Date): string {
  const lines = uploads.map(({ key, uploadId, initiated }) => {
    const words = isS3Uri(operand) ? `${operand} --upload-id ${uploadId}` : key
    return `  ${words}  (begun ${formatAge(now.getTime() - Date.parse(initiated))} ago)`
  })
  return `Expected one upload, got ${operand}, of which there are ${uploads.length}. Name one of them:\n${lines.join('\n')}`
}
