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
 * @param of what is to be remembered of an item, if anything
 * @param failed there was no room for it
 * @returns to be told of items that changed
 */
export function createKeeper(
  storage: KeptStorage,
  found: readonly Kept[],
  of: (id: string) => Kept | undefined,
  failed: (id: string) => void,
): (ids: Iterable<string>) => void {
  const written = new Map(found.map((kept) => [kept.id, kept]))
  const touched = new Set<string>()
  /** Which Files are stored, or are not to be tried again; and how many bytes that takes. */
  const copied = new Map<string, { readonly version: string; readonly bytes: number }>()
  const uncopied = new Map<string, File>()
  let isBusy = false
  for (const { id, file } of found) if (file) copied.set(id, { version: versionOf(file), bytes: file.size })

  async function write(): Promise<void> {
    const changes = new Map<string, Kept | undefined>()
    const stale = new Set<string>()
    for (const id of touched) {
      const kept = of(id)
      // With a handle, none is stored.
      const file = kept?.handle ? undefined : kept?.file
      const isStale = copied.has(id) && copied.get(id)?.version !== (file && versionOf(file))
      if (isStale) stale.add(id)
      if (isStale || kept !== written.get(id)) changes.set(id, kept)
      if (isStale || !kept) copied.delete(id)
      if (file && file.size <= MOST_COPIED && !copied.has(id)) uncopied.set(id, file)
      else uncopied.delete(id)
    }
    touched.clear()
    if (changes.size === 0) return
    try {
      await storage.write(changes, stale)
      for (const [id, kept] of changes) {
        if (kept) written.set(id, kept)
        else written.delete(id)
      }
    } catch {
      for (const id of changes.keys()) failed(id)
    }
  }

  /** @returns whether something was copied */
  async function copy(): Promise<boolean> {
    if (uncopied.size === 0) return false
    const batch = new Map<string, File>()
    try {
      const used = [...copied.values()].reduce((sum, { bytes }) => sum + bytes, 0)
      const room = Math.min(MOST_COPIED, ((await storage.room()) + used) / SHARE) - used
      let size = 0
      for (const [id, file] of uncopied) {
        if (size + file.size > room || !written.has(id)) continue
        if (size && size + file.size > COPIED_AT_ONCE) break
        size += file.size
        batch.set(id, file)
        copied.set(id, { version: versionOf(file), bytes: file.size })
        uncopied.delete(id)
      }
      if (batch.size > 0) await storage.copy(batch)
    } catch {
      for (const [id, file] of batch) {
        copied.set(id, { version: versionOf(file), bytes: 0 })
        failed(id)
      }
    }
    return batch.size > 0
  }

  return async (ids) => {
    for (const id of ids) touched.add(id)
    if (isBusy) return
    isBusy = true
    do await write()
    while (touched.size > 0 || (await copy()) || touched.size > 0)
    isBusy = false
  }
}

const versionOf = ({ size, lastModified }: File) => `${size} ${lastModified}`
