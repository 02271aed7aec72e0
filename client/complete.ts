import type { CompleteRequest, CompleteResponse } from '../protocol/schemas.ts'
import { sleep } from './clock.ts'
import type { UploadId } from './control-plane.ts'
import { ApiError, NetworkError, PartwayError, StoreError } from './errors.ts'
import type { Job } from './job.ts'
import { isTransient, wakesAfter } from './store-call.ts'
import { Trouble } from './trouble.ts'

/**
 * Completes, however often that takes: S3 may need minutes, the gateway gives up after 30 s, and an answer can be lost on the
 * way. Repeating is harmless. While an earlier call may still be at work, `upload-unknown` is no answer yet, and neither is a failure.
 * @param askedAt by the clock: when an earlier run asked for the same
 * @throws {ApiError} what the API says no to, for good; what it fails with, once patience is at its end
 * @throws {NetworkError} once patience is at its end
 */
export async function completeUpload(
  job: Job<unknown>,
  upload: UploadId,
  request: Omit<CompleteRequest, 'key'>,
  askedAt: number | undefined,
  signal: AbortSignal,
): Promise<CompleteResponse> {
  const { controlPlane, clock, timing, activities, emit } = job
  const trouble = new Trouble(job, { made: true, retries: 0 })
  let unansweredAt = askedAt

  return activities.during(async (activity) => {
    for (;;) {
      try {
        trouble.begin()
        return await controlPlane.complete(upload, request, signal)
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof PartwayError)) throw error
        if (isUnanswered(error)) unansweredAt = clock.now()
        const atWork = unansweredAt !== undefined && clock.now() - unansweredAt < timing.longestCompleteMs
        if (!isTransient(error) && !(atWork && isUploadUnknown(error))) throw error
        const delay = trouble.delay()
        if (delay === undefined) throw error
        activity.failed(error)
        emit('retry', { delay, error })
        await sleep(clock, delay, signal, wakesAfter(error, job))
      }
    }
  })
}

export function isUploadUnknown(error: unknown): boolean {
  if (error instanceof ApiError) return error.type === 'upload-unknown'
  return error instanceof StoreError && error.status === 404
}

/** A gateway's own error is not the function's, which may be at work still. */
function isUnanswered(error: PartwayError): boolean {
  if (!(error instanceof ApiError)) return error instanceof NetworkError
  return error.type === undefined && (error.status === 503 || error.status === 504 || error.status === 500)
}
