import type { Transfer } from './job.ts'
import { replay } from './journal.ts'
import { Ledger } from './ledger.ts'
import type { PersistentPlane } from './persist.ts'
import type { JournalStore } from './ports.ts'

/**
 * Has the store drop the parts of an upload that has ended, and clears its journal. No effect where another upload goes on with them.
 * @param transfer absent where it had not come so far; then what the journal tells of is dropped
 * @throws {PartwayError} where the store could not be told: a run of the same source tells it then
 */
export async function forget(
  journals: JournalStore,
  controlPlane: PersistentPlane,
  sourceId: string,
  transfer: Transfer | undefined,
): Promise<void> {
  const journal = await journals.open(controlPlane.endpoint, sourceId)
  if (!journal) return
  const ledger = new Ledger(journal, () => {})
  const { signal } = new AbortController()
  try {
    const upload = replay(journal.entries)?.upload
    const isOurs = !transfer || transfer.key === upload?.key
    if (upload && isOurs) await ledger.append({ type: 'aborted' }, true)
    if (transfer) await transfer.abort(signal)
    else if (upload) await controlPlane.abort(upload, signal)
    if (isOurs) await ledger.clear()
  } finally {
    await ledger.close()
  }
}
