import type { PartwayError } from './errors.ts'
import type { UploadResult, UploadSnapshot } from './events.ts'
import type { Job, Stored, Transfer } from './job.ts'
import type { Stage } from './stage.ts'

/** How everything stands. */
export function snapshotOf(
  { source, tracker, lanes }: Pick<Job<unknown>, 'source' | 'tracker' | 'lanes'>,
  { state, waitingFor }: Stage,
  transfer: Transfer | undefined,
  error: PartwayError | undefined,
): UploadSnapshot {
  return {
    state,
    waitingFor,
    queued: state === 'uploading' && lanes.inUse === 0,
    fileName: source.name,
    key: transfer?.key,
    size: source.size,
    sizeKnown: source.sizeKnown ?? true,
    bytesSent: tracker.bytesSent,
    bytesAcknowledged: tracker.acknowledged,
    bytesResumed: tracker.resumed,
    rate: tracker.rate(),
    eta: source.sizeKnown === false ? undefined : tracker.eta(),
    parts: tracker.parts.slice(),
    partsDone: tracker.partsDone,
    retries: tracker.retries,
    error,
  }
}

/** @param begun by the clock */
export function resultOf(
  { tracker, clock }: Pick<Job<unknown>, 'tracker' | 'clock'>,
  key: string,
  { size, etag, checksum, versionId, location, verified, downgraded }: Stored,
  begun: number,
): UploadResult {
  return {
    ...{ key, size, etag, checksum, versionId, location, verified, downgraded },
    bytesTransferred: tracker.transferred,
    bytesResumed: tracker.resumed,
    elapsed: clock.now() - begun,
  }
}
