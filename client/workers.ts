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

/** @throws {RangeError} where it is not a whole number of at least 1: nothing would ever be done */
export function checkConcurrency(concurrency: number): number {
  if (Number.isInteger(concurrency) && concurrency >= 1) return concurrency
  throw new RangeError(`Expected a concurrency of 1, 2, 3 …, got ${concurrency}.`)
}
