// All that it has in common with uploads is loaded already: by this, bundlers keep that in one piece.
import './client.ts'
import { createCrc } from '../../checksums/crc.ts'
import { createMd5 } from '../../checksums/md5.ts'
import { systemClock } from '../clock.ts'
import { type DownloadOptions, download as downloadTo } from '../download.ts'
import type { Download } from '../download-events.ts'
import { replayDownload } from '../download-journal.ts'
import type { DownloadPorts } from '../download-ports.ts'
import { removeFile } from './chosen-file.ts'
import { type DownloadRecords, indexedDbRecords, isSame, recordOf } from './download-records.ts'
import { FileTarget, type FileTargetPorts } from './file-target.ts'
import { receive } from './receive.ts'

export interface BrowserDownloadPorts
  extends Omit<DownloadPorts, 'receive' | 'claim' | 'createCrc' | 'createMd5'>,
    Partial<Pick<FileTargetPorts, 'records' | 'locks'>> {}

/** One that was begun in this browser, and can be gone on with. Sizes in bytes. */
export interface UnfinishedDownload {
  readonly key: string
  readonly fileName: string
  readonly size: number
  /** That are there. */
  readonly bytes: number
  /** The file, which the browser has to be asked for again once the page was reloaded: `place.requestPermission({ mode: 'readwrite' })`. */
  readonly place: FileSystemFileHandle
  /** When it stopped: milliseconds since 1970. */
  readonly at: number
}

let kept: DownloadRecords | undefined
function ownRecords(): DownloadRecords {
  kept ??= indexedDbRecords()
  return kept
}

/**
 * Into a file that was chosen; the same object into the same file again goes on there.
 * @throws {RangeError} where the concurrency is not a whole number of at least 1, or the range is none
 */
export function download(
  key: string,
  place: FileSystemFileHandle,
  { records = ownRecords(), locks = navigator.locks ?? null, ...ports }: BrowserDownloadPorts,
  options: DownloadOptions = {},
): Download {
  const blocks: Uint8Array<ArrayBuffer>[] = []
  const { clock = systemClock } = ports
  const { endpoint } = ports.api
  return downloadTo(
    key,
    {
      ...ports,
      claim: ({ fileName }) => FileTarget.claim(place, fileName, { endpoint, records, locks, clock }),
      receive: (receiving, url, keeping, signal) => receive(receiving, url, keeping, blocks, signal),
      createCrc,
      createMd5,
    },
    options,
  )
}

/** Those from that API, the latest first. */
export async function unfinishedDownloads(
  endpoint: string,
  records: DownloadRecords = ownRecords(),
): Promise<UnfinishedDownload[]> {
  const all = await records.all()
  return all
    .filter((record) => record.endpoint === endpoint)
    .sort((a, b) => b.at - a.at)
    .flatMap(({ entries, place, fileName, at }) => {
      const [then] = entries
      if (then?.type !== 'download') return []
      const { key, size } = then
      return [{ key, fileName, size, bytes: replayDownload(then, entries).spans.bytes, place, at }]
    })
}

/** Forgets it, and removes the file, where the browser lets it, unless somebody else wrote to it. Of one that is under way: stop it first. */
export async function discardDownload(
  place: FileSystemFileHandle,
  records: DownloadRecords = ownRecords(),
): Promise<void> {
  const record = await recordOf(place, records)
  if (record) await records.delete(record.id)
  const file = await place.getFile().catch(() => undefined)
  if (file && (record ? isSame(file, record.stamp) : file.size === 0)) await removeFile(place)
}
