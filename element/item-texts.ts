import { count, formatBytes, formatDuration, formatRate, joined, percentOf } from './format.ts'
import { isMoving } from './item-states.ts'
import { type Need, type Note, PART_MARKS, type QueueItem } from './upload-queue.ts'

const NOTES: Record<Note, string> = {
  restarted: 'The storage had dropped what had arrived of this file, so it is sent anew.',
  'set-aside':
    'What this browser remembered of this file could not be read, so what has arrived is compared with the file.',
  unrecorded:
    'This browser cannot remember this upload: keep the page open until it is done, or it starts over.',
  'no-space-to-remember':
    'This browser has no space to keep this file in mind: after a reload, choose it again, and it goes on.',
}

const NEEDS: Record<Need, string> = {
  click: 'Unfinished',
  permission: 'Unfinished: this browser will ask whether it may read the file again',
  file: 'Unfinished: choose the same file again, and it goes on',
}

const WAITS = {
  network: 'Waiting for the network; goes on by itself',
  user: 'Waiting for you to sign in',
  credentials: 'Waiting for you to sign in',
}

const VERIFIED = { checksum: 'checksum', etag: 'MD5', size: 'size' }

/** Under the name: what is happening, in words. */
export function statusOf(item: QueueItem): string {
  const { state, bytesResumed, result } = item
  if (item.struggling && isMoving(state) && state !== 'waiting') return 'Connection trouble, trying again…'
  switch (state) {
    case 'waiting':
      return WAITS[item.waitingFor ?? 'network']
    case 'planned':
      return 'Preparing…'
    case 'uploading':
      if (item.queued) break
      return bytesResumed > 0 ? `Going on, ${formatBytes(bytesResumed)} were there already` : 'Uploading'
    case 'paused':
      return 'Paused'
    case 'completing':
      return 'Putting the parts together…'
    case 'cancelling':
      return 'Cancelling…'
    case 'done':
      return joined([
        result ? `Uploaded, ${VERIFIED[result.verified]} verified` : 'Uploaded',
        sizeInParts(item),
        ...(result ? [formatDuration(result.elapsed / 1000)] : []),
      ])
    case 'unfinished':
      return NEEDS[item.needs ?? 'click']
    case 'resumable':
      return 'Stopped for now'
    case 'failed':
      return 'Failed'
    case 'aborted':
      return 'Cancelled'
  }
  return 'Waiting for its turn'
}

/** Of what goes on: what a person should know all the same. */
export function noteOf({ note, state }: QueueItem): string {
  return note && isMoving(state) ? NOTES[note] : ''
}

/** Below the bar, to the left: how far it is. */
export function amountOf({ state, bytes, size }: QueueItem): string {
  if (state === 'done') return ''
  if (bytes === 0) return formatBytes(size)
  return joined([`${percentOf(bytes, size, false)} %`, `${formatBytes(bytes)} of ${formatBytes(size)}`])
}

/** Below the bar, to the right: how fast it moves, and for how long. */
export function paceOf({ state, queued, rate, secondsLeft }: QueueItem): string {
  return state !== 'uploading' || queued || rate === undefined ? '' : joined(pace(rate, secondsLeft))
}

export function pace(rate: number, secondsLeft: number | undefined): string[] {
  return [formatRate(rate), ...(secondsLeft === undefined ? [] : [`${formatDuration(secondsLeft)} left`])]
}

/** What was compared, so that nobody has to take "done" on trust. */
export function proofOf({ result }: QueueItem): string {
  if (!result) return ''
  const { verified, downgraded } = result
  if (verified === 'checksum') return 'Checksum verified: that of the file here is that of what is stored.'
  const sentence =
    verified === 'etag'
      ? 'MD5 verified: that of every part was compared with what the storage holds.'
      : 'Size verified, to the byte.'
  return downgraded ? `${sentence} ${downgraded}` : sentence
}

/** The legend of the map of parts, which says in words what it shows. */
export const PART_NAMES = {
  waiting: 'to go',
  moving: 'moving',
  retrying: 'trying again',
  verified: 'stored',
  retried: 'stored after another try',
} satisfies Record<keyof typeof PART_MARKS, string>

export type PartKind = keyof typeof PART_MARKS
export const PART_KINDS = Object.keys(PART_NAMES) as PartKind[]

/** How many parts are of each kind, in the order of the legend. */
export const countParts = (parts: string): [PartKind, number][] =>
  PART_KINDS.map((kind) => [kind, parts.split(PART_MARKS[kind]).length - 1])

function sizeInParts({ size, parts }: QueueItem): string {
  return parts.length > 1 ? `${formatBytes(size)} in ${count(parts.length, 'part')}` : formatBytes(size)
}
