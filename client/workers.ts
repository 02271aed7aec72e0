import { follow } from './abort.ts'
import { fixedLanes } from './fixed-lanes.ts'
import type { Lane, Lanes } from './ports.ts'

/** Why a worker that waits for a lane need not wait any longer. */
const ALL_TAKEN = new Error('All items are taken.')

/**
 * N workers drain one iterator. The first that fails stops the others; rejects with its error once all have stopped.
 * @param work one item, until done; stops when its signal says so
 */
export function runWorkers<Item>(
  items: Iterable<Item>,
  workers: number,
  work: (item: Item, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  return runInLanes(items, fixedLanes(workers), (item, _, signal) => work(item, signal), signal)
}

/** As {@link runWorkers}, each item in a lane, which is waited for before the item is taken. */
export async function runInLanes<Item>(
  items: Iterable<Item>,
  lanes: Lanes,
  work: (item: Item, lane: Lane, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const iterator = items[Symbol.iterator]()
  let upcoming = iterator.next()
  const crew = follow(signal)
  const queue = follow(crew.signal)
  let failure: { error: unknown } | undefined

  async function drain() {
    while (!upcoming.done) {
      const lane = await lanes.acquire(queue.signal)
      try {
        if (upcoming.done) return
        crew.signal.throwIfAborted()
        const { value } = upcoming
        upcoming = iterator.next()
        if (upcoming.done) queue.abort(ALL_TAKEN)
        await work(value, lane, crew.signal)
      } finally {
        lane.release()
      }
    }
  }

  const worker = () =>
    drain().catch((error: unknown) => {
      if (error === ALL_TAKEN) return
      failure ??= { error }
      crew.abort(error)
    })

  try {
    await Promise.all(Array.from({ length: lanes.max }, worker))
  } finally {
    queue.release()
    crew.release()
  }
  if (failure) throw failure.error
}
