import { readdir, readFile } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import { downloadLines, replayDownload } from '../client/download-journal.ts'
import { replay } from '../client/journal.ts'
import { journalLines } from '../client/journal-lines.ts'

/** What a run has sent or brought of files that are not done, in bytes. */
export interface HeldBytes {
  /** @param paths of the files, or of folders with them */
  ofUploads(paths: readonly string[]): number
  /** @param path of the file to be */
  ofDownload(path: string): Promise<number>
}

/** As the journals of single files tell it. */
export async function heldBytes(state: string): Promise<HeldBytes> {
  const uploads = await unfinishedUploads(join(state, 'uploads'))
  return {
    ofUploads(paths) {
      const below = paths.map((path) => resolve(path))
      return uploads
        .filter(({ path }) => below.some((it) => path === it || path.startsWith(it + sep)))
        .reduce((sum, { bytes }) => sum + bytes, 0)
    },
    async ofDownload(path) {
      const { entries } = downloadLines.decode(await readOr(`${path}.part.journal`))
      const [first] = entries
      if (first?.type !== 'download') return 0
      try {
        return replayDownload(first, entries).spans.bytes
      } catch {
        return 0
      }
    },
  }
}

async function unfinishedUploads(
  folder: string,
): Promise<{ readonly path: string; readonly bytes: number }[]> {
  const names = await readdir(folder).catch(() => [])
  const journals = names.filter((name) => name.endsWith('.journal'))
  const read = await Promise.all(journals.map((name) => readOr(join(folder, name))))
  return read.flatMap((bytes) => {
    const past = replay(journalLines.decode(bytes).entries)
    if (!past || past.ended) return []
    const { sourceId, size, partSize } = past.upload
    return [{ path: sourceId, bytes: Math.min(size, past.parts.size * partSize) }]
  })
}

/** Nothing, where it cannot be read. */
function readOr(path: string): Promise<Uint8Array> {
  return readFile(path).catch(() => new Uint8Array())
}
