import { join } from 'node:path'
import type { Invocation } from '../command.ts'
import type { Connection } from '../connect.ts'
import type { DownloadOperands } from '../download-operands.ts'
import { type DownloadTask, soleOutput } from '../downloads.ts'
import { EXIT } from '../exit-codes.ts'
import { explainDownload } from '../explain-download.ts'
import type { OddOne } from '../files.ts'
import { formatBytes } from '../format.ts'
import { placeText } from '../place.ts'

interface Planning {
  readonly invocation: Invocation
  readonly connection: Connection
  readonly wanted: DownloadOperands
}

/** Says what would be brought, as it is listed. @returns the exit code that this much tells */
export async function planDownloads(
  found: AsyncIterable<DownloadTask | OddOne>,
  { invocation, connection, wanted }: Planning,
): Promise<number> {
  const { output, signal } = invocation
  let files = 0
  let total = 0
  let failed = false
  for await (const task of found) {
    if (signal.aborted) return EXIT.interrupted
    try {
      if (task.kind === 'odd') throw task.error
      const { key, path: name } = task
      const { size, fileName } = await known(task, connection, signal)
      const own = task.pathFor(fileName)
      const path =
        wanted.sole === undefined
          ? join(wanted.output ?? '.', own)
          : ((await soleOutput(task, wanted.output, connection.kind)) ?? own)
      output.result(`${placeText(connection.place, key)} → ${path}, ${formatBytes(size)}`)
      output.event('planned', { direction: 'download', name, key, path, size })
      files++
      total += size
    } catch (error) {
      if (signal.aborted) return EXIT.interrupted
      failed = true
      output.error(`${task.path}: ${await explainDownload(error, connection, invocation)}`)
    }
  }
  const count = files === 1 ? '1 file' : `${files} files`
  output.note(`Nothing was brought. It would be ${count}, ${formatBytes(total)}.`)
  return failed ? EXIT.failed : EXIT.done
}

/** Of one that was listed straight from S3, the list tells all. */
async function known(
  { key, bytes, etag }: DownloadTask,
  { kind, client }: Connection,
  signal: AbortSignal,
): Promise<{ readonly size: number; readonly fileName: string }> {
  if (kind === 's3' && etag !== undefined) return { size: bytes, fileName: '' }
  return client.api.download({ key }, signal)
}
