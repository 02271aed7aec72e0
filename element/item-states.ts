import type { ItemState, ProblemAction, QueueItem } from './upload-queue.ts'

const MOVING = new Set<ItemState>(['planned', 'uploading', 'waiting', 'completing', 'cancelling'])

/** Leaving the page now would interrupt it. */
export const isMoving = (state: ItemState) => MOVING.has(state)

/** Only a person begins it again. */
export const hasStopped = (state: ItemState) => state === 'resumable' || state === 'failed'

/** There is nothing left to do for it. */
export const isOver = (state: ItemState) => state === 'done' || state === 'aborted'

/** What a person can have it do next, beside cancelling it. */
export function actionOf({
  state,
  needs,
  problem,
}: QueueItem): ProblemAction | 'pause' | 'resume' | undefined {
  if (state === 'paused') return 'resume'
  if (state === 'unfinished') return needs === 'file' ? 'choose' : 'resume'
  if (hasStopped(state)) return problem?.action
  // While it completes there is nothing to pause, and the button stays: the focus may be on it.
  return isMoving(state) && state !== 'cancelling' ? 'pause' : undefined
}

/** How a person takes it off the list: what is over is removed; what was found is discarded, what runs here is cancelled. */
export const endOf = (state: ItemState) =>
  isOver(state) ? 'remove' : state === 'unfinished' ? 'discard' : 'cancel'

/** What of them the server would have to drop. */
export const bytesToDrop = (items: readonly QueueItem[]) =>
  items.reduce((total, { state, bytes }) => (isOver(state) ? total : total + bytes), 0)
