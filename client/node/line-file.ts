import type { Lines } from '../lines.ts'
import { openOwn, writeAll } from './files.ts'

/** Lines in a file that only ever grows, open for one owner. */
export interface LineFile<Entry> {
  /** What was there when it was opened. */
  readonly entries: readonly Entry[]
  /** Why none of it is believed, where that is so. */
  readonly damage: string | undefined
  /** Resolves when it is on the disk. One call at a time; none after one that failed. */
  append(entries: readonly Entry[]): Promise<void>
  /** Resolves when nothing is in it any more, on the disk too. */
  clear(): Promise<void>
  close(): Promise<void>
}

/**
 * Makes the file where it is not there, and cuts off a torn tail.
 * @throws {NotRegularFileError}
 */
export async function openLineFile<Entry>(path: string, lines: Lines<Entry>): Promise<LineFile<Entry>> {
  const handle = await openOwn(path, 0o600)
  try {
    const { entries, damage, validBytes } = lines.decode(await handle.readFile())
    let length = validBytes
    if (damage === undefined) await handle.truncate(length)
    return {
      entries,
      damage,
      async append(entries) {
        const bytes = Buffer.concat(entries.map((entry) => lines.encode(entry)))
        await writeAll(handle, bytes, length)
        await handle.datasync()
        length += bytes.length
      },
      async clear() {
        if (length === 0 && damage === undefined) return
        await handle.truncate(0)
        await handle.datasync()
        length = 0
      },
      close: () => handle.close(),
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}
