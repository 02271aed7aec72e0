import mime from 'mime'
import { openFile, type S3UploadOptions, type Upload } from '../../client/node/index.ts'
import { type Board, createBoard } from '../board.ts'
import { type Invocation, UsageError } from '../command.ts'
import { type Connection, connect } from '../connect.ts'
import { EXIT } from '../exit-codes.ts'
import { explainUpload } from '../explain-upload.ts'
import type { OddOne } from '../files.ts'
import { filterOf } from '../filter.ts'
import { followUpload } from '../follow.ts'
import { formatBytes } from '../format.ts'
import { s3UploadOptions, uploadOptions } from '../object-flags.ts'
import { isS3Uri, parseS3Uri, placeOf, placeText } from '../place.ts'
import { openRun, type Run } from '../runs.ts'
import { sweep, type Task } from '../sweep.ts'
import { findUploads, type UploadTask, versionOf } from '../uploads.ts'
import { compareAgain, tellComparison } from '../verify.ts'
import { planUploads } from './upload-plan.ts'
import { uploadStdin } from './upload-stdin.ts'

const STDIN = '-'

export async function run(invocation: Invocation): Promise<number> {
  const { files, target } = operandsOf(invocation)
  const place = placeOf(invocation, target === undefined ? [] : [target])
  const options = { ...uploadOptions(invocation), ...(target && s3UploadOptions(invocation)) }
  const key = target === undefined ? undefined : parseS3Uri(target).key
  if (files.includes(STDIN)) return uploadStdin(invocation, { files, place, key, options })
  if (invocation.flags['expected-size'] !== undefined) {
    throw new UsageError(
      'Expected --expected-size with - for standard input. Leave it out: files have their size.',
    )
  }
  const find = () => findUploads(files, filterOf(invocation), key)
  if (invocation.flags['dry-run'] === true) return planUploads(invocation, { place, options, found: find() })

  const connection = connect(invocation, place)
  try {
    const run = await openRun(invocation, 'upload', place)
    return run ? await uploadAll(find, { invocation, connection, options, run }) : EXIT.resumable
  } finally {
    connection.client.close()
  }
}

/** @throws {UsageError} */
function operandsOf({ operands }: Invocation): { files: readonly string[]; target: string | undefined } {
  const places = operands.filter(isS3Uri)
  const [target, another] = places
  if (another !== undefined) {
    throw new UsageError(`Expected one place to upload to, got ${places.join(' and ')}.`)
  }
  if (target !== undefined && operands.at(-1) !== target) {
    throw new UsageError(`Expected the place last, got ${operands.at(-1)} after ${target}.`)
  }
  const files = operands.filter((operand) => operand !== target)
  if (files.length === 0) throw new UsageError('Expected a FILE to upload, got none.')
  return { files, target }
}

interface Uploading {
  readonly invocation: Invocation
  readonly connection: Connection
  readonly options: S3UploadOptions
  readonly run: Run
}

async function uploadAll(
  find: () => AsyncGenerator<UploadTask | OddOne>,
  uploading: Uploading,
): Promise<number> {
  const { invocation, connection, run } = uploading
  const board = createBoard(invocation.terminal, invocation.output)
  const begun = new WeakMap<Task, Upload>()
  return sweep<UploadTask>(find, {
    ...{ direction: 'upload', invocation, run, board },
    work: (task, signal) =>
      uploadFile(task, { ...uploading, board, signal, onBegin: (upload) => begun.set(task, upload) }),
    transferOf(task) {
      const snapshot = begun.get(task)?.snapshot()
      if (!snapshot) return undefined
      const { key, error, bytesAcknowledged: kept } = snapshot
      return { begun: key !== undefined, error, kept }
    },
    explain: (error) => explainUpload(error, connection, invocation),
    keeps: (bytes) => `the store keeps ${formatBytes(bytes)} of it`,
  })
}

interface UploadingFile extends Uploading {
  readonly board: Board
  readonly signal: AbortSignal
  onBegin(upload: Upload): void
}

async function uploadFile(
  { path, name, key, bytes, stats }: UploadTask,
  { invocation, connection, run, board, signal, onBegin, ...given }: UploadingFile,
): Promise<void> {
  const { output, flags } = invocation
  const { journal } = run
  const version = versionOf(stats)
  const before = journal.done.get(path)
  if (before?.version === version) {
    board.skip(bytes)
    return output.event('skipped', { direction: 'upload', name: path, key: before.key, size: bytes })
  }
  const source = await openFile(path, { name, contentType: mime.getType(name) ?? undefined })
  try {
    const options = { ...given.options, signal }
    const upload =
      connection.kind === 's3'
        ? connection.client.upload(source, { ...options, key })
        : connection.client.upload(source, options)
    onBegin(upload)
    let partSize: number | undefined
    upload.on('initiated', (plan) => (partSize = plan.partSize))
    upload.on('resumed', (plan) => (partSize = plan.partSize))
    const result = await followUpload(upload, path, board, output)
    if (flags.verify === true) {
      const how = await compareAgain(source, { ...result, partSize }, signal)
      tellComparison('upload', path, how, output)
    }
    output.result(placeText(connection.place, result.key))
    await journal.add({ type: 'done', item: path, version, bytes, key: result.key })
  } finally {
    await source.close()
  }
}
