import { readFile, rm } from 'node:fs/promises'
import {
  type DownloadEntry,
  downloadLines,
  type Held,
  type JournaledDownload,
  replayDownload,
} from '../download-journal.ts'
import { ForeignPartFileError } from './file-errors.ts'
import { whatIs } from './files.ts'
import { type LineFile, openLineFile } from './line-file.ts'

export interface OwnJournal {
  readonly journal: LineFile<DownloadEntry>
  /** Whether the part file was written to after it. */
  readonly touched: boolean
}

/**
 * The journal of a part file that is ours, or of one to be.
 * @throws {ForeignPartFileError}
 */
export async function openOwnJournal(part: string): Promise<OwnJournal> {
  const [there, written] = [await whatIs(part), await whatIs(journalPathOf(part))]
  if (there && !written) throw new ForeignPartFileError(part)
  const touched = there !== undefined && written !== undefined && there.ctimeNs > written.ctimeNs
  const journal = await openLineFile(journalPathOf(part), downloadLines)
  const { entries, damage } = journal
  // A run that was killed before its first line has no data yet.
  if (entries.length > 0 || damage !== undefined || !there?.blocks) return { journal, touched }
  await journal.close()
  throw new ForeignPartFileError(part)
}

/** Of a part file that is not there any more. One that is not ours stays. */
export async function dropStrayJournal(part: string): Promise<void> {
  const path = journalPathOf(part)
  if ((await whatIs(part)) || !(await whatIs(path))?.isFile()) return
  const [first] = downloadLines.decode(await readFile(path)).entries
  if (first?.type === 'download') await rm(path)
}

/** @returns `undefined` where it says something twice */
export function replayIfSound(begun: JournaledDownload, entries: readonly DownloadEntry[]): Held | undefined {
  try {
    return replayDownload(begun, entries)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

export function journalPathOf(part: string): string {
  return `${part}.journal`
}
