import { count, formatBytes, formatDuration, formatRate, joined, percentOf } from './format.ts'
import { isMoving, type TransferView } from './transfer.ts'

export interface Summary {
  /** One line over the list. */
  readonly text: string
  /** Of the window: what fits a tab. */
  readonly title: string
  /** From 0 to 1. */
  readonly fraction: number
  /** Whether leaving the page would interrupt something. */
  readonly moving: boolean
}

const TITLE = 'Partway'

/** All files of the list together. */
export function summarise(all: readonly TransferView[]): Summary {
  const views = all.filter(({ state }) => state !== 'aborted')
  const size = sum(views, (view) => view.size)
  const bytes = sum(views, (view) => (view.state === 'done' ? view.size : view.bytes))
  const done = views.filter(({ state }) => state === 'done').length
  const failed = views.filter(({ state }) => state === 'failed').length
  const moving = views.some(({ state }) => isMoving(state))
  const finished = done === views.length
  const percent = percentOf(bytes, size, finished)

  const facts = finished
    ? [`${count(done, 'file')} uploaded`, formatBytes(size)]
    : [
        ...(views.length > 1 ? [`${done} of ${count(views.length, 'file')} done`] : []),
        ...(failed > 0 ? [`${failed} stopped`] : []),
        `${formatBytes(bytes)} of ${formatBytes(size)}`,
        ...pace(views, size - bytes),
      ]
  return {
    text: joined(facts),
    title: titleOf({ any: views.length > 0, finished, moving, failed: failed > 0, percent }),
    fraction: finished ? 1 : size === 0 ? 0 : bytes / size,
    moving,
  }
}

/** The rates add up; the time left is that of all the bytes at that rate, files that wait included. */
function pace(views: readonly TransferView[], bytesLeft: number): string[] {
  const rate = sum(
    views.filter(({ state }) => state === 'uploading'),
    (view) => view.rate ?? 0,
  )
  return rate > 0 ? [formatRate(rate), `${formatDuration(bytesLeft / rate)} left`] : []
}

function titleOf(now: {
  any: boolean
  finished: boolean
  moving: boolean
  failed: boolean
  percent: number
}): string {
  if (!now.any) return TITLE
  if (now.finished) return `Done · ${TITLE}`
  if (now.moving) return `${now.percent} % · ${TITLE}`
  return `${now.failed ? 'Stopped' : 'Paused'} at ${now.percent} % · ${TITLE}`
}

function sum(views: readonly TransferView[], of: (view: TransferView) => number): number {
  return views.reduce((total, view) => total + of(view), 0)
}
