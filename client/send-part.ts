import { toBase64 } from '../checksums/base64.ts'
import type { PartRange } from '../protocol/part-plan.ts'
import type { Activity } from './activity.ts'
import { IntegrityError, NetworkError, type PartwayError, StalledError, StoreError } from './errors.ts'
import type { Job } from './job.ts'
import type { Lane, PutResponse } from './ports.ts'
import type { Proofs } from './proofs.ts'
import { putUntilStored, type SignedPut } from './put.ts'
import { isTransientStatus } from './retry.ts'

export interface PartPorts<Slice, Signed extends SignedPut> {
  readonly job: Job<Slice>
  readonly proofs: Proofs
  /** Where it is known already, and signed: it is not computed again. */
  readonly crc?: Uint8Array | undefined
  sign(signal: AbortSignal): Promise<Signed>
  /** Absent where a URL cannot be signed again. */
  refused?(signed: Signed): void
  /** Looks after every failure whether the source is what it was. @throws {SourceChangedError} */
  verify(): Promise<void>
}

/**
 * One part on its way, until the store has acknowledged it and what it says of it agrees with what was read.
 * @returns the store's answer, and what was computed on the way
 */
export async function sendPart<Slice, Signed extends SignedPut>(
  { partNumber, start, end, size }: PartRange,
  { job, proofs, crc: known, sign, refused, verify }: PartPorts<Slice, Signed>,
  lane: Lane,
  signal: AbortSignal,
): Promise<PutResponse> {
  const { source, tracker, activities, emit, pace } = job
  let activity: Activity | undefined
  const hasOther = proofs.etags?.comparison()
  let moved = 0
  let tries = 0

  function compare({ etag, etagIsOpaque, crc, md5, checksum }: PutResponse): void {
    if (etagIsOpaque) {
      proofs.opaque = true
      proofs.etags?.areOpaque()
    }
    if (crc && checksum && toBase64(crc) !== checksum) throw otherBytes(partNumber)
    if (hasOther?.({ etag, md5 })) throw otherBytes(partNumber)
  }

  const put = {
    body: source.slice(start, end),
    size,
    crc: known ? undefined : proofs.algorithm,
    md5: proofs.algorithm === undefined,
    pace,
    sign: async (signal: AbortSignal) => {
      if (tries++ > 0) await lane.again(signal)
      tracker.sending(partNumber)
      const signed = await sign(signal)
      activity ??= activities.begin()
      return signed
    },
    ...(refused && { refused }),
    verify,
    compare,
    onProgress(bytes: number) {
      if (bytes > 0) activity?.moved()
      if (bytes > moved) lane.moved(bytes - moved)
      moved = bytes
      tracker.progress(partNumber, bytes)
    },
    onRetry(delay: number, error: PartwayError) {
      activity?.failed(error)
      if (error instanceof NetworkError) lane.lost()
      if (isStruggle(error)) lane.struggled()
      tracker.waiting(partNumber)
      emit('retry', { partNumber, delay, error })
    },
    advanced: () => tracker.partsDone,
  }
  try {
    const answer = await putUntilStored(put, job, signal)
    lane.kept()
    return answer
  } finally {
    activity?.end()
  }
}

function otherBytes(partNumber: number): IntegrityError {
  return new IntegrityError(
    `Expected the store to have part ${partNumber} as it was read here, got other bytes. It is sent again.`,
  )
}

/** Fewer parts at a time would help. */
export function isStruggle(error: PartwayError): boolean {
  return error instanceof StalledError || (error instanceof StoreError && isTransientStatus(error.status))
}
