import { type Download, PathClaims } from '../../client/node/index.ts'
import { createBoard } from '../board.ts'
import { type Invocation, UsageError } from '../command.ts'
import { connect } from '../connect.ts'
import { downloadOperands } from '../download-operands.ts'
import { type DownloadTask, findDownloads } from '../downloads.ts'
import { EXIT } from '../exit-codes.ts'
import { explainDownload } from '../explain-download.ts'
import type { OddOne } from '../files.ts'
import { filterOf } from '../filter.ts'
import { formatBytes } from '../format.ts'
import { placeOf } from '../place.ts'
import { openRun } from '../runs.ts'
import { sweep, type Task } from '../sweep.ts'
import { type Downloading, downloadFile } from './download-file.ts'
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
      if (!snapshot) return undefined
      const { size, error, bytesReceived: kept } = snapshot
      return { begun: size !== undefined, error, kept }
    },
    explain: (error) => explainDownload(error, connection, invocation),
    keeps: (bytes) => `${formatBytes(bytes)} of it are kept`,
  })
}
