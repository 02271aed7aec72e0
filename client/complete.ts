import type { Checksum, CompleteResponse } from '../protocol/schemas.ts'
import { sleep } from './clock.ts'
import { ApiError, NetworkError } from './errors.ts'
import type { Job } from './job.ts'
import type { UploadId } from './ports.ts'
import { backoff, isTransientStatus } from './retry.ts'

/** How long the function behind complete may run on after the gateway has given up on it. */
const LONGEST_COMPLETE_MS = 15 * 60_000

/**
 * Completes, however often that takes: S3 may need minutes, the gateway gives up after 30 s, and an answer can be lost on the
 * way. Repeating is harmless. While an earlier call may still be at work, `upload-unknown` is no answer yet, and neither is a failure.
 * @throws {ApiError} what the API says no to, for good; what it fails with, once the retries are used up
 * @throws {NetworkError} once the retries are used up
 */
export async function completeUpload(
  { controlPlane, clock, random, retries, emit }: Job<unknown>,
  upload: UploadId,
  checksum: Checksum | undefined,
  signal: AbortSignal,
): Promise<CompleteResponse> {
  const begun = clock.now()
  let unansweredAt: number | undefined
  for (let failures = 1; ; failures++) {
    try {
      return await controlPlane.complete(upload, checksum ? { checksum } : {}, signal)
    } catch (error) {
      signal.throwIfAborted()
      const now = clock.now()
      const unanswered =
        error instanceof NetworkError || (error instanceof ApiError && isGatewayTimeout(error))
      if (unanswered) unansweredAt = now
      const atWork = unansweredAt !== undefined && now - unansweredAt < LONGEST_COMPLETE_MS
      const inTime = now - begun < LONGEST_COMPLETE_MS
      const again =
        (error instanceof NetworkError && failures <= retries.retries) ||
        (error instanceof ApiError && error.type === 'upload-unknown' && atWork) ||
        (error instanceof ApiError &&
          isTransient(error) &&
          (failures <= retries.retries || (atWork && inTime)))
      if (!again) throw error
      const delay = backoff(failures, retries, random())
      emit('retry', { delay, error: error as ApiError | NetworkError })
      await sleep(clock, delay, signal)
    }
  }
}

function isTransient({ type, status }: ApiError): boolean {
  return isTransientStatus(status) && type !== 'parts-missing'
}

/** Made by the gateway, not by the function, which may be at work still. */
function isGatewayTimeout({ type, status }: ApiError): boolean {
  return type === undefined && (status === 503 || status === 504 || status === 500)
}
