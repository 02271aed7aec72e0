import type { TransferView } from './transfer.ts'

/** What a listener is told of one file, and nothing more: errors speak for themselves, as alerts. */
export function milestone(before: TransferView, after: TransferView): string | undefined {
  const { name, state } = after
  if (state === before.state) return crossed(before, after) ? `${name} is half way.` : undefined
  if (state === 'done') return `${name} is uploaded.`
  if (state === 'paused') return `${name} is paused.`
  if (state === 'waiting') return `${name} is waiting.`
  if (state === 'uploading' && (before.state === 'paused' || before.state === 'waiting'))
    return `${name} goes on.`
  return undefined
}

/** A file that is through in a moment needs no half way. */
const WORTH_HALVING_SECONDS = 10

function crossed(before: TransferView, after: TransferView): boolean {
  const half = after.size / 2
  return before.bytes < half && after.bytes >= half && (after.secondsLeft ?? 0) > WORTH_HALVING_SECONDS
}
