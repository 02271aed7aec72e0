import type { Board } from './board.ts'
import type { OddOne } from './files.ts'
import type { Task } from './sweep.ts'

/** With so many known, it is known that there are many. */
const MANY = 10

export interface Forecast {
  /** `undefined` where it was interrupted, or there was no telling. */
  readonly total: Promise<Total | undefined>
}

interface Total {
  readonly files: number
  readonly bytes: number
}

/**
 * Counts what there is to do while it is done, so that the board can say how much is left. Holds none of it.
 * @returns once it is known whether that is little or much
 */
export async function foresee(
  tasks: AsyncIterable<Task | OddOne>,
  board: Board,
  signal: AbortSignal,
): Promise<Forecast> {
  const isMuch = Promise.withResolvers<void>()
  const total = count().catch(() => undefined)
  await Promise.race([isMuch.promise, total])
  return { total }

  async function count(): Promise<Total | undefined> {
    let files = 0
    let bytes = 0
    for await (const task of tasks) {
      if (signal.aborted) return undefined
      if (task.kind === 'odd') continue
      board.expect(1, task.bytes)
      bytes += task.bytes
      if (++files === MANY) isMuch.resolve()
    }
    return { files, bytes }
  }
}
