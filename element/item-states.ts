import type { ItemState, QueueItem } from './upload-queue.ts'

/** Leaving the page now would interrupt it. */
export const isMoving = (state: ItemState) =>
  /^(planned|uploading|waiting|completing|cancelling)$/.test(state)

/** Only a person begins it again. */
export const hasStopped = (state: ItemState) => state === 'resumable' || state === 'failed'

/** There is nothing left to do for it. */
export const isOver = (state: ItemState) => state === 'done' || state === 'aborted'

/** What of it the server would have to drop. */
export const bytesToDrop = (items: readonly QueueItem[]) =>
  items.reduce((total, { state, bytes }) => (isOver(state) ? total : total + bytes), 0)
