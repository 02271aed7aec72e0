import { S3Error } from './errors.ts'
import { abortDate, isExpired } from './lifecycle.ts'
import type { Bucket } from './store/bucket.ts'
import type { Store } from './store/store.ts'

const MAX_INTERVAL_MS = 60 * 60 * 1000
const MIN_INTERVAL_MS = 50

/** Carries out the buckets' lifecycle rules until `stop`, whose promise waits for a sweep under way. */
export function startSweeper(store: Store, dayMs: number, now: () => Date): { stop(): Promise<void> } {
  let running = Promise.resolve()
  const interval = Math.min(MAX_INTERVAL_MS, Math.max(MIN_INTERVAL_MS, dayMs / 10))
  const timer = setInterval(() => {
    running = running
      .then(() => sweep(store, dayMs, now()))
      // A disk that fails now may work at the next sweep.
      .catch((error: Error) => process.emitWarning(error))
  }, interval)
  timer.unref()
  return {
    stop: () => {
      clearInterval(timer)
      return running
    },
  }
}

async function sweep(store: Store, dayMs: number, now: Date): Promise<void> {
  for (const bucket of store.buckets()) {
    bucket.uploads.completions.forget(now.getTime())
    await abortOverdue(bucket, dayMs, now)
    await expireObjects(bucket, dayMs, now)
  }
}

async function abortOverdue({ record, uploads }: Bucket, dayMs: number, now: Date): Promise<void> {
  for (const { key, uploadId, initiated } of uploads.all()) {
    const due = abortDate(record.lifecycle ?? [], { key, initiated }, dayMs)
    if (due !== undefined && due.date <= now) await uploads.abort(key, uploadId).catch(ignoreEnded)
  }
}

async function expireObjects({ record, objects }: Bucket, dayMs: number, now: Date): Promise<void> {
  const { lifecycle = [] } = record
  if (!lifecycle.some(({ expirationDays }) => expirationDays !== undefined)) return
  for (const { key } of [...objects.all()]) {
    await objects.delete(key, (current) => isExpired(lifecycle, current, dayMs, now))
  }
}

/** Completed or aborted since the sweep began. */
function ignoreEnded(error: unknown): void {
  if (!(error instanceof S3Error && error.code === 'NoSuchUpload')) throw error
}
