import { count, formatBytes, formatDuration, formatRate, joined, percentOf } from './format.ts'
import { isMoving } from './item-states.ts'
import type { ItemState, Need, Note, QueueItem } from './upload-queue.ts'

const NOTES: Record<Note, string> = {
  restarted: 'The storage no longer had what had arrived: it is sent anew.',
  'set-aside': 'What was remembered of it cannot be read: what has arrived is compared with the file.',
  unrecorded: 'This browser cannot remember it: keep the page open until it is done.',
  'no-space-to-remember': 'This browser has no room to remember it: after a reload, choose it again.',
}

const NEEDS: Record<Need, string> = {
  click: '',
  permission: ': this browser will ask to read the file',
  file: ': choose the file again to go on',
}

const STATES: Partial<Record<ItemState, string>> = {
  planned: 'Preparing…',
  paused: 'Paused',
  completing: 'Putting the parts together…',
  cancelling: 'Cancelling…',
  resumable: 'Stopped for now',
  failed: 'Failed',
}

/** Under the name: what is happening, in words. */
export function statusOf(item: QueueItem): string {
  const { state, bytesResumed, result, size, parts } = item
  if (state === 'waiting')
    return `Waiting${item.waitingFor !== 'network' ? ' for you to sign in' : `${item.problem ? '' : ' for the network'}; goes on by itself`}`
  if (item.struggling && isMoving(state)) return 'Connection trouble, trying again…'
  if (state === 'uploading' && (item.rate || !item.queued))
    return bytesResumed > 0 ? `Going on, ${formatBytes(bytesResumed)} were there already` : 'Uploading'
  if (state === 'unfinished') return `Unfinished${NEEDS[item.needs ?? 'click']}`
  if (result)
    return `Uploaded, ${joined([
      `${result.verified === 'etag' ? 'MD5' : result.verified} verified`,
      parts.length > 1 ? `${formatBytes(size)} in ${count(parts.length, 'part')}` : formatBytes(size),
      formatDuration(result.elapsed / 1000),
    ])}`
  return STATES[state] ?? 'Waiting for its turn'
}

/** Of what goes on: what a person should know all the same. */
export function noteOf({ note, state }: QueueItem): string {
  return note && isMoving(state) ? NOTES[note] : ''
}

/** Below the bar, to the left: how far it is. */
export function amountOf({ bytes, size }: QueueItem): string {
  return bytes === 0
    ? formatBytes(size)
    : joined([`${percentOf(bytes, size, false)} %`, `${formatBytes(bytes)} of ${formatBytes(size)}`])
}

/** Below the bar, to the right: how fast it moves, and for how long. */
export function paceOf({ state, queued, rate, secondsLeft }: QueueItem): string {
  return state !== 'uploading' || (queued && !rate) || rate === undefined
    ? ''
    : joined(pace(rate, secondsLeft))
}

export function pace(rate: number, secondsLeft: number | undefined): string[] {
  return [formatRate(rate), ...(secondsLeft === undefined ? [] : [`${formatDuration(secondsLeft)} left`])]
}
