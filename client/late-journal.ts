import type { Journal, JournalStore } from './ports.ts'

/**
 * The journal of an upload that has most likely nothing to remember: a small file goes in one PUT, which is simply sent again. So it is
 * taken when there is something to write, and costs nothing until then.
 */
export function lateJournal(journals: JournalStore, endpoint: string, sourceId: string): Journal {
  let opening: Promise<Journal> | undefined

  async function open(): Promise<Journal> {
    const journal = await journals.open(endpoint, sourceId)
    if (journal) return journal
    throw new Error('Expected a journal of its own, got one that another upload of the same file has.')
  }

  return {
    entries: [],
    setAside: undefined,
    async append(entry, durable) {
      if (!opening && (entry.type === 'done' || entry.type === 'aborted')) return
      opening ??= open()
      return (await opening).append(entry, durable)
    },
    clear: async () => (await opening)?.clear(),
    close: async () => (await opening)?.close(),
  }
}
