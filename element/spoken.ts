import type { QueueItem } from './upload-queue.ts'

/** A file that is through in a moment needs no half way. */
const WORTH_HALVING_SECONDS = 10

/** What a listener is told of one file, and nothing more: errors speak for themselves, as alerts. */
export function milestone(before: QueueItem, after: QueueItem): string | undefined {
  const { name, state } = after
  if (state === before.state) return crossed(before, after) ? `${name} is half way.` : undefined
  if (state === 'done') return `${name} is uploaded.`
  if (state === 'paused' || state === 'waiting') return `${name} is ${state}.`
  if (state === 'uploading' && /paused|waiting|unfinished/.test(before.state)) return `${name} goes on.`
  return undefined
}

function crossed(before: QueueItem, after: QueueItem): boolean {
  const half = after.size / 2
  return before.bytes < half && after.bytes >= half && (after.secondsLeft ?? 0) > WORTH_HALVING_SECONDS
}
