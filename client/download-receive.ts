import { DEFAULT_PART_BYTES, MIB } from '../protocol/limits.ts'
import { type PartPlan, partRange, plan } from '../protocol/part-plan.ts'
import type { DownloadResponse } from '../protocol/schemas.ts'
import { follow } from './abort.ts'
import type { Activities } from './activity.ts'
import { Checkpoints } from './checkpoints.ts'
import type { ControlPlane } from './control-plane.ts'
import type { Held, Wanted } from './download-journal.ts'
import type { DownloadPorts, DownloadTarget, Receiving } from './download-ports.ts'
import { recheck } from './download-recheck.ts'
import type { DownloadTracker } from './download-tracker.ts'
import { DownloadUrl } from './download-url.ts'
import { etagParts } from './download-verify.ts'
import type { Lane, Lanes } from './ports.ts'
import { isStruggle } from './send-part.ts'
import type { Span } from './spans.ts'
import { callStore, type StoreCall, type StoreCallPorts } from './store-call.ts'
import { runInLanes } from './workers.ts'

/** Ranges are parts, up to this size: with larger ones, lanes would be idle at the end. */
const MAX_RANGE_BYTES = 64 * MIB

/** What receiving takes. */
export interface Reception {
  readonly answer: DownloadResponse
  readonly wanted: Wanted
  readonly target: DownloadTarget
  /** Grows by what is on the disk and journaled. */
  readonly held: Held
  readonly ports: DownloadPorts
  readonly keeping: StoreCallPorts
  readonly api: Pick<ControlPlane, 'download'>
  readonly lanes: Lanes
  readonly tracker: DownloadTracker
  readonly activities: Activities
}

/** Receives what is not there yet, in parallel ranges. Whatever ends it, what has arrived is on the disk and journaled by then. */
export async function receiveMissing(reception: Reception, signal: AbortSignal): Promise<void> {
  const { answer, wanted, target, held, ports, keeping, api, lanes, tracker } = reception
  const { algorithm, range } = wanted
  const crc = algorithm && { algorithm, create: () => ports.createCrc(algorithm) }
  const checkpoints = new Checkpoints(held, crc, target, keeping.clock)
  const url = new DownloadUrl(api, keeping.clock, answer)
  const inParts = !range && answer.partCount !== undefined && target.rangeBytes === undefined
  const parts = inParts ? etagParts(answer) : undefined
  const ranges = plan(wanted.size, parts?.partSize ?? rangeSize(answer, target))
  const missing = [...held.spans.missing(ranges)]
  const onOpaque = () => {
    if (!held.opaque) checkpoints.note({ type: 'opaque' })
    held.opaque = true
  }

  async function receive(piece: Span, lane: Lane, signal: AbortSignal) {
    await target.room?.(piece.end, signal)
    const stretch = checkpoints.begin(piece, isPart(piece, parts) ? ports.createMd5() : undefined)
    const receiving = {
      ...{ origin: range?.start ?? 0, end: piece.end, etag: answer.etag },
      ...{ stretch, onOpaque, pace: ports.pace },
    }
    try {
      await receiveRange(reception, receiving, url, lane, signal)
    } finally {
      stretch.end()
    }
  }

  /** While the rest comes: the link is slower than the disk. */
  async function readAgain(there: readonly Span[], signal: AbortSignal) {
    if (!(await recheck(held, there, target, signal))) return
    held.touched = false
    checkpoints.note({ type: 'reread' })
  }

  const crew = follow(signal)
  const read = held.touched ? readAgain([...held.spans], crew.signal) : undefined
  read?.catch((error) => crew.abort(error))
  try {
    if (missing.length > 0 || read) tracker.take('send')
    await runInLanes(missing, lanes, receive, crew.signal)
    await read
    await checkpoints.settle()
  } catch (error) {
    crew.abort(error)
    await read?.catch(() => {})
    // What is there counts. Why it stopped is the error, whatever the disk says now.
    await checkpoints.settle().catch(() => {})
    throw error
  } finally {
    crew.release()
  }
}

function receiveRange(
  { ports, keeping, tracker, activities }: Reception,
  range: Omit<Receiving, 'onProgress'>,
  url: DownloadUrl,
  lane: Lane,
  signal: AbortSignal,
): Promise<void> {
  let current = ''
  return activities.during((activity) => {
    const receiving: Receiving = {
      ...range,
      onProgress(bytes) {
        activity.moved()
        lane.moved(bytes)
        lane.kept()
        tracker.progress(bytes)
      },
    }
    const call: StoreCall<void> = {
      attempt: async (signal) => {
        current = await url.get(signal)
        await ports.receive(receiving, current, keeping, signal)
      },
      refused: () => url.refused(current),
      onRetry(delay, error) {
        activity.failed(error)
        if (isStruggle(error)) lane.struggled()
        tracker.retry(delay, error)
      },
      advanced: () => tracker.transferred,
    }
    return callStore(call, keeping, signal)
  })
}

function rangeSize(
  { partSize = DEFAULT_PART_BYTES }: DownloadResponse,
  { rangeBytes = MAX_RANGE_BYTES }: DownloadTarget,
): number {
  return Math.min(partSize, rangeBytes)
}

function isPart({ start, end }: Span, parts: PartPlan | undefined): boolean {
  if (!parts) return false
  const part = partRange(parts, Math.floor(start / parts.partSize) + 1)
  return part.start === start && part.end === end
}
