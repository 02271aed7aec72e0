import { count, formatBytes, formatDuration, formatRate, joined, percentOf } from './format.ts'
import { isMoving, type Note, type TransferView } from './transfer.ts'

const NOTES: Record<Note, string> = {
  restarted: 'The storage had dropped what had arrived of this file, so it is sent anew.',
  'set-aside':
    'What this browser remembered of this file could not be read, so what has arrived is compared with the file.',
  unrecorded:
    'This browser cannot remember this upload: keep the page open until it is done, or it starts over.',
}

/** Under the name: what is happening, in words. */
export function statusOf(view: TransferView): string {
  if (view.struggling && isMoving(view.state) && view.state !== 'waiting') {
    return 'Connection trouble, trying again…'
  }
  switch (view.state) {
    case 'queued':
      return 'Waiting for its turn'
    case 'waiting':
      return waitOf(view)
    case 'planned':
      return 'Preparing…'
    case 'uploading':
      if (view.queued) return 'Waiting for its turn'
      return view.bytesResumed > 0
        ? `Going on, ${formatBytes(view.bytesResumed)} were there already`
        : 'Uploading'
    case 'paused':
      return 'Paused'
    case 'completing':
      return 'Putting the parts together…'
    case 'cancelling':
      return 'Cancelling…'
    case 'done':
      return joined(['Uploaded', inParts(view), ...tookOf(view)])
    case 'resumable':
      return 'Stopped for now'
    case 'failed':
      return 'Failed'
    case 'aborted':
      return 'Cancelled'
  }
}

/** Of what goes on: what a person should know all the same. */
export function noteOf({ note, state }: TransferView): string {
  return note !== undefined && isMoving(state) ? NOTES[note] : ''
}

/** Below the bar, to the left: how far it is. */
export function amountOf({ state, bytes, size }: TransferView): string {
  if (state === 'done') return ''
  if (bytes === 0) return formatBytes(size)
  return joined([`${percentOf(bytes, size, false)} %`, `${formatBytes(bytes)} of ${formatBytes(size)}`])
}

/** Below the bar, to the right: how fast it moves, and for how long. */
export function paceOf({ state, queued, rate, secondsLeft }: TransferView): string {
  if (state !== 'uploading' || queued || rate === undefined) return ''
  return joined([
    formatRate(rate),
    ...(secondsLeft === undefined ? [] : [`${formatDuration(secondsLeft)} left`]),
  ])
}

/** What was compared, so that nobody has to take "done" on trust. */
export function proofOf({ result }: TransferView): string {
  if (result === undefined) return ''
  const { checksum, verified, downgraded } = result
  const stored = checksum && `${checksum.algorithm} ${checksum.value}`
  if (verified === 'checksum') return `Checksum verified: ${stored}, of the file here and of what is stored.`
  const sentences = [
    verified === 'etag'
      ? 'MD5 verified: that of every part was compared with what the storage holds.'
      : 'Size verified, to the byte.',
    ...(stored ? [`What is stored has the checksum ${stored}.`] : []),
    ...(downgraded ? [downgraded] : []),
  ]
  return sentences.join(' ')
}

/** Whoever reads this need not do anything, unless it says so. */
function waitOf({ waitingFor }: TransferView): string {
  if (waitingFor === undefined || waitingFor.for === 'network') {
    return 'Waiting for the network; goes on by itself'
  }
  return waitingFor.message
}

function inParts({ size, parts }: TransferView): string {
  return parts > 1 ? `${formatBytes(size)} in ${count(parts, 'part')}` : formatBytes(size)
}

function tookOf({ result }: TransferView): string[] {
  return result === undefined ? [] : [formatDuration(result.elapsed / 1000)]
}
