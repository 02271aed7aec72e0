import { mkdir } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import {
  type Download,
  type DownloadResult,
  openFile,
  PathClaims,
  PathCollisionError,
} from '../../client/node/index.ts'
import { MAX_SINGLE_PUT_BYTES } from '../../protocol/limits.ts'
import { alreadyThere } from '../already-there.ts'
import { type Board, createBoard } from '../board.ts'
import { type Invocation, UsageError } from '../command.ts'
import { type Connection, connect } from '../connect.ts'
import { type DownloadOperands, downloadOperands } from '../download-operands.ts'
import { type DownloadTask, findDownloads, versionAt } from '../downloads.ts'
import { EXIT } from '../exit-codes.ts'
import { explainDownload } from '../explain-download.ts'
import type { OddOne } from '../files.ts'
import { filterOf } from '../filter.ts'
import { followDownload } from '../follow.ts'
import { placeOf } from '../place.ts'
import { openRun, type Run } from '../runs.ts'
import { sweep, type Task } from '../sweep.ts'
import { compareAgain, tellComparison } from '../verify.ts'
import { planDownloads } from './download-plan.ts'
import { downloadToStdout } from './download-stdout.ts'

export async function run(invocation: Invocation): Promise<number> {
  const { flags, signal } = invocation
  const wanted = downloadOperands(invocation)
  const place = placeOf(invocation, wanted.places)
  if (flags.verify === true && (wanted.output === '-' || wanted.range)) {
    throw new UsageError('Expected --verify with whole files, got a part or standard output. Leave it out.')
  }
  const connection = connect(invocation, place)
  const { api } = connection.client
  const filter = filterOf(invocation)
  const search = { api, keys: wanted.keys, ownKeys: connection.kind === 's3', filter, signal }
  const find = () => findDownloads(search)
  try {
    if (flags['dry-run'] === true) return await planDownloads(find(), { invocation, connection, wanted })
    if (wanted.output === '-') return await downloadToStdout(invocation, connection, wanted)
    const run = await openRun(invocation, 'download', place)
    return run ? await downloadAll(find, { invocation, connection, wanted, run }) : EXIT.resumable
  } finally {
    connection.client.close()
  }
}

interface Downloading {
  readonly invocation: Invocation
  readonly connection: Connection
  readonly wanted: DownloadOperands
  readonly run: Run
}

async function downloadAll(
  find: () => AsyncGenerator<DownloadTask | OddOne>,
  downloading: Downloading,
): Promise<number> {
  const { invocation, connection, run } = downloading
  const board = createBoard(invocation.terminal, invocation.output)
  const claims = new PathClaims()
  const begun = new WeakMap<Task, Download>()
  const underWay = new Map<string, Promise<unknown>>()
  return sweep<DownloadTask>(find, {
    ...{ direction: 'download', invocation, run, board },
    work: (task, signal) =>
      downloadFile(task, {
        ...{ ...downloading, board, signal, claims, underWay },
        onBegin: (download) => begun.set(task, download),
      }),
    transferOf(task) {
      const snapshot = begun.get(task)?.snapshot()
      return snapshot && { begun: snapshot.size !== undefined, error: snapshot.error }
    },
    explain: (error) => explainDownload(error, connection, invocation),
    kept: 'what is there is kept',
  })
}

interface DownloadingFile extends Downloading {
  readonly board: Board
  readonly signal: AbortSignal
  /** Two objects never become one file. */
  readonly claims: PathClaims
  /** By key. */
  readonly underWay: Map<string, Promise<unknown>>
  onBegin(download: Download): void
}

async function downloadFile(task: DownloadTask, downloading: DownloadingFile): Promise<void> {
  const { invocation, connection, wanted, run, board, signal, claims, underWay, onBegin } = downloading
  const { output, flags } = invocation
  const { key, path: name, bytes } = task
  const folder = resolve(wanted.output ?? '.')
  if (task.isFolder) return makeFolder(join(folder, task.pathFor('')), board)

  const before = run.journal.done.get(key)
  const isOurs = before?.path !== undefined && (await versionAt(before.path)) === before.file
  if (before?.path !== undefined && isOurs) {
    if (before.version === (await etagOf(task, connection, before.version, signal))) {
      if (wanted.sole === undefined) claimAgain(claims, key, relative(folder, before.path))
      board.skip(bytes)
      return output.event('skipped', { direction: 'download', name, key, path: before.path, size: bytes })
    }
  }
  const download = connection.client.download(key, {
    ...(wanted.sole === undefined
      ? { output: pathIn(folder, task, claims), createFolders: true }
      : { output: wanted.output }),
    range: wanted.range,
    replace: flags.force === true || isOurs,
    signal,
  })
  onBegin(download)
  download.on('started', ({ path, size }) => {
    if (size > MAX_SINGLE_PUT_BYTES) run.journal.add({ type: 'begun', path, size }).catch(() => {})
  })
  const inTheWay = { key, folder, connection, output, underWay, signal }
  // What is in the way of a range is compared with nothing: the store tells no checksum of it.
  const ended = wanted.range
    ? download.result
    : download.result.catch((error) => alreadyThere(error, inTheWay))
  const settled = ended.catch(() => {})
  underWay.set(
    key,
    settled.then(() => underWay.delete(key)),
  )
  const result = await followDownload(download, name, board, output, ended)
  const { path, etag } = result
  if (flags.verify === true) await verifyDownload(result, name, downloading)
  const file = await versionAt(path)
  if (file !== undefined)
    await run.journal.add({ type: 'done', item: key, version: etag, bytes: result.size, path, file })
  output.result(path)
}

/** Two keys that had one path in the earlier run have the same bytes. */
function claimAgain(claims: PathClaims, key: string, path: string): void {
  try {
    claims.claim(key, path)
  } catch (error) {
    if (!(error instanceof PathCollisionError)) throw error
  }
}

function pathIn(folder: string, { key, pathFor }: DownloadTask, claims: PathClaims) {
  return (fileName: string): string => {
    const path = pathFor(fileName)
    claims.claim(key, path)
    return join(folder, path)
  }
}

async function makeFolder(path: string, board: Board): Promise<void> {
  await mkdir(path, { recursive: true })
  board.begin(path, () => ({ bytes: 0, size: 0, rate: undefined, eta: undefined })).end('done')
}

/** @param before what it was; the API's objects never change */
async function etagOf(
  { key, etag }: DownloadTask,
  { kind, client }: Connection,
  before: string,
  signal: AbortSignal,
): Promise<string> {
  if (etag !== undefined) return etag
  return kind === 's3' ? (await client.api.download({ key }, signal)).etag : before
}

async function verifyDownload(
  result: DownloadResult,
  name: string,
  { connection, invocation, signal }: DownloadingFile,
): Promise<void> {
  const { partSize } =
    result.verified === 'etag' ? await connection.client.api.download({ key: result.key }, signal) : {}
  const source = await openFile(result.path)
  try {
    const how = await compareAgain(source, { ...result, partSize }, signal)
    tellComparison('download', name, how, invocation.output)
  } finally {
    await source.close()
  }
}
