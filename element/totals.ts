import { count, formatBytes, joined, percentOf } from './format.ts'
import { hasStopped, isMoving } from './item-states.ts'
import { pace } from './item-texts.ts'
import type { QueueItem } from './upload-queue.ts'

/** All files of the list together. */
export interface Totals {
  readonly moving: boolean
  /** From 0 to 1. */
  readonly fraction: number
  /** One line over the list. */
  readonly text: string
  /** What fits a tab, without the name of the page: `42 %`, `Paused at 42 %`, `Done`; empty where there are no files. */
  readonly title: string
  readonly files: number
  readonly done: number
}

export function totalsOf(all: readonly QueueItem[]): Totals {
  const items = all.filter(({ state }) => state !== 'aborted')
  const files = items.length
  let [size, bytes, rate, moving] = [0, 0, 0, false]
  const counts: Partial<Record<QueueItem['state'], number>> = {}
  for (const item of items) {
    const { state } = item
    size += item.size
    bytes += state === 'done' ? item.size : item.bytes
    if (state === 'uploading') rate += item.rate ?? 0
    moving ||= isMoving(state)
    counts[state] = (counts[state] ?? 0) + 1
  }
  const { done = 0, waiting = 0 } = counts
  const finished = done === files
  const percent = percentOf(bytes, size, finished)
  const some = (number: number | undefined, what: string) => (number ? [`${number} ${what}`] : [])
  const facts = finished
    ? [`${count(done, 'file')} uploaded`, formatBytes(size)]
    : [
        ...(files > 1 ? [`${done} of ${count(files, 'file')} done`] : []),
        ...some(counts.failed, 'failed'),
        ...some(counts.resumable, 'stopped'),
        ...some(counts.unfinished, 'unfinished'),
        ...some(waiting, 'waiting'),
        `${formatBytes(bytes)} of ${formatBytes(size)}`,
        ...(rate > 0 ? pace(rate, (size - bytes) / rate) : []),
      ]
  return {
    moving,
    fraction: finished ? 1 : size && bytes / size,
    text: joined(facts),
    title: !files ? '' : finished ? 'Done' : `${standstill()}${percent} %`,
    files,
    done,
  }

  function standstill(): string {
    if (items.some(({ state }) => isMoving(state) && state !== 'waiting')) return ''
    if (waiting) return 'Waiting at '
    return items.some(({ state }) => hasStopped(state)) ? 'Stopped at ' : 'Paused at '
  }
}
