import mime from 'mime'
import type { S3UploadOptions, Upload } from '../../client/node/index.ts'
import { createBoard } from '../board.ts'
import { type Invocation, UsageError } from '../command.ts'
import { connect, type S3Connection } from '../connect.ts'
import { EXIT } from '../exit-codes.ts'
import { exitCodeOf, isUnreached, UNREACHED_ADVICE } from '../explain.ts'
import { explainUpload } from '../explain-upload.ts'
import { sizeFlag } from '../flags.ts'
import { followUpload } from '../follow.ts'
import { type Place, placeText } from '../place.ts'

export interface StdinUpload {
  readonly files: readonly string[]
  readonly place: Place
  readonly key: string | undefined
  readonly options: S3UploadOptions
}

const NAME = 'standard input'
/** What is read once cannot be found, looked at again, or gone on with. */
const FOR_FILES = ['include', 'exclude', 'verify', 'search', 'restart', 'integrity', 'dry-run']

/** What is piped in, of whatever size, straight to S3. @throws {UsageError} */
export async function uploadStdin(invocation: Invocation, upload: StdinUpload): Promise<number> {
  const { terminal, output, signal } = invocation
  const key = requireKey(invocation, upload)
  const connection = connect(invocation, upload.place) as S3Connection
  const board = createBoard(terminal, output)
  board.expect(1, 0)
  let run: Upload | undefined
  try {
    run = begin(invocation, connection, key, upload.options)
    const result = await followUpload(run, NAME, board, output)
    output.result(placeText(connection.place, result.key))
    return EXIT.done
  } catch (error) {
    if (error instanceof UsageError) throw error
    if (signal.aborted) {
      output.error(`${NAME}: stopped. It cannot be read again, so that there is nothing to go on with.`)
      return EXIT.interrupted
    }
    const advice = isUnreached(error, run?.snapshot().key !== undefined) ? ` ${UNREACHED_ADVICE}` : ''
    output.error(`${NAME}: ${await explainUpload(error, connection, invocation)}${advice}`)
    return exitCodeOf(error)
  } finally {
    board.end()
    connection.client.close()
  }
}

/** @throws {UsageError} */
function requireKey({ flags }: Invocation, { files, place, key }: StdinUpload): string {
  if (place.kind === 'api') {
    throw new UsageError(
      'Expected files: the API wants to know their size. Standard input goes to an s3:// key, such as s3://bucket/all.tar.',
    )
  }
  if (files.length > 1) {
    throw new UsageError('Expected - for standard input by itself, got files as well. Upload them apart.')
  }
  const odd = FOR_FILES.find((name) => flags[name] !== undefined)
  if (odd) throw new UsageError(`--${odd} has a meaning for files, not for standard input. Leave it out.`)
  if (key === undefined || key === '' || key.endsWith('/')) {
    throw new UsageError(
      `Expected a key for standard input, which has no name, got ${placeText(place, key ?? '')}. Give one, such as s3://${place.bucket}/all.tar.`,
    )
  }
  return key
}

/** @throws {UsageError} */
function begin(
  { flags, terminal, signal }: Invocation,
  { client }: S3Connection,
  key: string,
  options: S3UploadOptions,
): Upload {
  const { checksum, metadata, partSize, headers, overwrite } = options
  const contentType = options.contentType ?? mime.getType(key) ?? undefined
  const expectedSize = sizeFlag(flags, 'expected-size', '200GiB')
  try {
    return client.uploadStream(terminal.stdin, {
      ...{ key, checksum, metadata, partSize, headers, overwrite, contentType, expectedSize, signal },
    })
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(withFlags(error.message))
    throw error
  }
}

/** The client's options, as the command calls them. */
function withFlags(message: string): string {
  return message.replaceAll('maxMemory', '--max-memory').replaceAll('partSize', '--part-size')
}
