import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import mime from 'mime'
import { type Invocation, UsageError } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { sizeFlag, stringFlag } from '../flags.ts'
import { keyOf } from '../named-upload.ts'
import { s3UploadOptions, uploadOptions } from '../object-flags.ts'
import type { Initiation } from '../operations.ts'
import { isS3Uri, placeOf } from '../place.ts'
import { planOf, printJson } from '../plumbing.ts'
import { withOperations } from '../with-operations.ts'

export async function run(invocation: Invocation): Promise<number> {
  const { operands, signal } = invocation
  const places = operands.filter(isS3Uri)
  const files = operands.filter((operand) => !isS3Uri(operand))
  if (places.length > 1 || files.length > 1) {
    throw new UsageError(`Expected one FILE and one s3:// place at most, got ${operands.join(' ')}.`)
  }
  const place = placeOf(invocation, places)
  const key = places[0] && keyOf(places[0])
  const request = await requestOf(invocation, files[0], key)
  return withOperations(invocation, place, async (operations) => {
    printJson(invocation, await operations.initiate(request, signal))
    return EXIT.done
  })
}

/** @throws {UsageError} */
async function requestOf(
  invocation: Invocation,
  file: string | undefined,
  key: string | undefined,
): Promise<Initiation> {
  const { flags } = invocation
  const { partSize, metadata, checksum: checksumAlgorithm, ...options } = uploadOptions(invocation)
  const size = await sizeOf(invocation, file)
  if (size === undefined && (key === undefined || partSize !== undefined)) {
    throw new UsageError('Expected a FILE or --size, by which the parts are planned, got neither.')
  }
  if (size !== undefined) planOf(size, partSize)
  const fileName = stringFlag(flags.name) ?? (file && basename(file)) ?? (key && basename(key))
  if (!fileName) throw new UsageError('Expected --name with --size, got none.')
  const contentType = options.contentType ?? mime.getType(fileName) ?? undefined
  return {
    fileName,
    size,
    ...(key !== undefined && { key, headers: s3UploadOptions(invocation).headers }),
    ...(partSize !== undefined && { partSize }),
    ...(contentType !== undefined && { contentType }),
    ...(metadata && { metadata }),
    ...(checksumAlgorithm && { checksumAlgorithm }),
  }
}

async function sizeOf({ flags }: Invocation, file: string | undefined): Promise<number | undefined> {
  const size = sizeFlag(flags, 'size', '200GiB')
  if (file === undefined) return size
  if (size !== undefined) throw new UsageError('Expected a FILE or --size, got both. Leave one of them out.')
  const found = await stat(file).catch(() => undefined)
  if (found?.isFile()) return found.size
  throw new UsageError(`Expected a file, got ${file}, ${found ? 'which is none' : 'which is not there'}.`)
}
