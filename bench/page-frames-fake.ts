import type { QueueItem, UploadQueue } from '../element/upload-queue.ts'
import { FILES, MOVING_PARTS, nameOf, PARTS_OF_A_FILE } from './page-frames-load.ts'

/** In place of element/queue/index.ts: a list and nothing else, whose first files move. */
export function createUploadQueue(): UploadQueue {
  const listeners = new Set<() => void>()
  const items = Array.from({ length: FILES }, (_, index) => itemOf(index))
  window.moveParts = (frame) => {
    for (let index = 0; index < MOVING_PARTS; index++) {
      items[index] = moved(items[index] as QueueItem, frame)
      for (const listener of listeners) listener()
    }
  }
  return {
    ...{ items, waitingFor: undefined, runsHere: true, ready: Promise.resolve() },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    add: async () => [],
    ...{ pause() {}, resume() {}, retry() {}, restart() {}, cancel() {}, remove() {}, close() {} },
  }
}

function itemOf(index: number): QueueItem {
  const isMoving = index < MOVING_PARTS
  return {
    ...{ id: String(index), name: nameOf(index), size: 1024 ** 3 },
    ...{ bytes: 0, bytesResumed: 0, partsDone: 0, retries: 0, struggling: false, queued: false },
    ...{ rate: undefined, secondsLeft: undefined, waitingFor: undefined },
    ...{ needs: undefined, note: undefined, problem: undefined, result: undefined },
    state: isMoving ? 'uploading' : 'queued',
    parts: '.'.repeat(isMoving ? PARTS_OF_A_FILE : 0),
  }
}

function moved(item: QueueItem, frame: number): QueueItem {
  const partsDone = Math.floor(frame / 10)
  const bytes = frame * 777_777 + Number(item.id) * 1_111_111
  const parts = '#'.repeat(partsDone).concat('>').padEnd(PARTS_OF_A_FILE, '.')
  return { ...item, bytes, partsDone, parts, rate: 20e6 + bytes / 100, secondsLeft: 900 - frame }
}
