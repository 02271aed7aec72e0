import { MIB } from '../../protocol/limits.ts'
import type { Kept, KeptStorage } from './kept.ts'

/** A File that is stored is a full copy on the disk. */
const MOST_COPIED = 256 * MIB
/** And never more of what this page may store than one byte in so many. */
const SHARE = 10
/** In one transaction: others wait for it. */
const COPIED_AT_ONCE = 16 * MIB

/**
 * Writes what changed, one batch after another: many changes at a time are one transaction, and nobody waits for it.
 * @param found what is there already
 * @param all what is to be remembered
 * @param failed there was no room for it
 * @returns to be called after a change
 */
export function createKeeper(
  storage: KeptStorage,
  found: readonly Kept[],
  all: () => readonly Kept[],
  failed: (id: string) => void,
): () => void {
  let written = new Map(found.map((kept) => [kept.id, kept]))
  /** Sizes of the Files that are stored, or that are not to be tried again. */
  const copied = new Map<string, number>()
  let isPending = false
  let isBusy = false
  for (const { id, file, handle } of found) if (file && !handle) copied.set(id, file.size)

  async function write(): Promise<void> {
    const now = new Map(all().map((kept) => [kept.id, kept]))
    const changes = new Map<string, Kept | undefined>()
    for (const [id, kept] of now) if (written.get(id) !== kept) changes.set(id, kept)
    for (const id of written.keys()) {
      if (now.has(id)) continue
      changes.set(id, undefined)
      copied.delete(id)
    }
    if (changes.size === 0) return
    try {
      await storage.write(changes)
      written = now
    } catch {
      for (const id of changes.keys()) failed(id)
    }
  }

  /** @returns whether there was something to copy */
  async function copy(): Promise<boolean> {
    const batch = new Map<string, File>()
    const wanted = all().filter(
      ({ id, file, handle }) =>
        file && !handle && file.size < MOST_COPIED && !copied.has(id) && written.has(id),
    )
    if (wanted.length === 0) return false
    try {
      const used = [...copied.values()].reduce((sum, size) => sum + size, 0)
      const room = Math.min(MOST_COPIED, ((await storage.room()) + used) / SHARE) - used
      let size = 0
      for (const { id, file } of wanted) {
        if (!file || size + file.size > room) continue
        if (size && size + file.size > COPIED_AT_ONCE) break
        size += file.size
        batch.set(id, file)
        copied.set(id, file.size)
      }
      if (batch.size > 0) await storage.copy(batch)
    } catch {
      for (const id of batch.keys()) {
        copied.set(id, 0)
        failed(id)
      }
    }
    return batch.size > 0
  }

  return async () => {
    isPending = true
    if (isBusy) return
    isBusy = true
    while (isPending) {
      isPending = false
      await write()
      if (!isPending && (await copy())) isPending = true
    }
    isBusy = false
  }
}
