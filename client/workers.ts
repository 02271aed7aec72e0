import { follow } from './abort.ts'

/**
 * N workers drain one iterator. The first that fails stops the others; rejects with its error once all have stopped.
 * @param work one item, until done; stops when its signal says so
 */
export async function runWorkers<Item>(
  items: Iterable<Item>,
  workers: number,
  work: (item: Item, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const iterator = items[Symbol.iterator]()
  const crew = follow(signal)
  let failure: { error: unknown } | undefined

  async function drain() {
    try {
      for (let next = iterator.next(); !next.done; next = iterator.next()) {
        crew.signal.throwIfAborted()
        await work(next.value, crew.signal)
      }
    } catch (error) {
      failure ??= { error }
      crew.abort(error)
    }
  }

  try {
    await Promise.all(Array.from({ length: workers }, drain))
  } finally {
    crew.release()
  }
  if (failure) throw failure.error
}
