import { mkdir } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import {
  type Download,
  type DownloadResult,
  openFile,
  type PathClaims,
  PathCollisionError,
} from '../../client/node/index.ts'
import { MAX_SINGLE_PUT_BYTES } from '../../protocol/limits.ts'
import { alreadyThere } from '../already-there.ts'
import type { Board } from '../board.ts'
import type { Invocation } from '../command.ts'
import type { Connection } from '../connect.ts'
import type { DownloadOperands } from '../download-operands.ts'
import { type DownloadTask, soleOutput, versionAt } from '../downloads.ts'
import { followDownload } from '../follow.ts'
import type { Run } from '../runs.ts'
import { compareAgain, tellComparison } from '../verify.ts'

export interface Downloading {
  readonly invocation: Invocation
  readonly connection: Connection
  readonly wanted: DownloadOperands
  readonly run: Run
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

/** Brings one object, unless it was brought before and is what it was. */
export async function downloadFile(task: DownloadTask, downloading: DownloadingFile): Promise<void> {
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
      : { output: await soleOutput(task, wanted.output, connection.kind) }),
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
