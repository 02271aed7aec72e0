import { count, formatBytes, formatDuration, formatRate, joined, percentOf } from './format.ts'
import { hasStopped, isMoving, type TransferView } from './transfer.ts'

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
  const stopped = views.filter(({ state }) => state === 'resumable').length
  const failed = views.filter(({ state }) => state === 'failed').length
  const waiting = views.filter(({ state }) => state === 'waiting').length
  const moving = views.some(({ state }) => isMoving(state))
  const finished = done === views.length
  const percent = percentOf(bytes, size, finished)

  const facts = finished
    ? [`${count(done, 'file')} uploaded`, formatBytes(size)]
    : [
        ...(views.length > 1 ? [`${done} of ${count(views.length, 'file')} done`] : []),
        ...(failed > 0 ? [`${failed} failed`] : []),
        ...(stopped > 0 ? [`${stopped} stopped`] : []),
        ...(waiting > 0 ? [`${waiting} waiting`] : []),
        `${formatBytes(bytes)} of ${formatBytes(size)}`,
        ...pace(views, size - bytes),
      ]
  return {
    text: joined(facts),
    title: titleOf(views, percent),
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

function titleOf(views: readonly TransferView[], percent: number): string {
  if (views.length === 0) return TITLE
  if (views.every(({ state }) => state === 'done')) return `Done · ${TITLE}`
  const moving = views.filter(({ state }) => isMoving(state))
  if (moving.some(({ state }) => state !== 'waiting')) return `${percent} % · ${TITLE}`
  return `${standstill(views, moving.length > 0)} at ${percent} % · ${TITLE}`
}

function standstill(views: readonly TransferView[], waiting: boolean): string {
  if (waiting) return 'Waiting'
  return views.some(({ state }) => hasStopped(state)) ? 'Stopped' : 'Paused'
}

function sum(views: readonly TransferView[], of: (view: TransferView) => number): number {
  return views.reduce((total, view) => total + of(view), 0)
}
