import { Activities } from './activity.ts'
import { systemClock } from './clock.ts'
import { NetworkError } from './errors.ts'
import { Emitter, type UploadEvents } from './events.ts'
import { createHolds } from './holds.ts'
import type { Job } from './job.ts'
import { apiContact, persist } from './persist.ts'
import type { Source } from './ports.ts'
import { createRecovery } from './recovery.ts'
import { storeContact } from './retry.ts'
import { Stage } from './stage.ts'
import { TIMING } from './timing.ts'
import { Tracker } from './tracker.ts'
import type { UploadOptions, UploadPorts } from './upload.ts'
import { NO_WAKES } from './wakes.ts'

/** S3's recommendation, and the API's default. */
const DEFAULT_CHECKSUM = 'CRC64NVME'

/** An upload before its journal is open. */
export interface Undertaking<Slice> {
  readonly job: Omit<Job<Slice>, 'ledger'>
  readonly stage: Stage
  readonly emitter: Emitter<UploadEvents>
}

/** Puts together what the steps of one upload share. @throws {RangeError} */
export function createJob<Slice>(
  source: Source<Slice>,
  ports: Omit<UploadPorts<Slice>, 'carriage'>,
  options: UploadOptions,
): Undertaking<Slice> {
  const { clock = systemClock, random = Math.random, wakes = NO_WAKES, timeOfDay = Date.now } = ports
  // What is refused is refused before anything listens, for nobody would end that.
  const lanes = ports.lanes.share(options.concurrency)
  const checksum = checksumOf(options, ports)
  const emitter = new Emitter<UploadEvents>()
  const emit: Job<Slice>['emit'] = (type, event) => emitter.emit(type, event)
  const stage = new Stage((change) => emit('state', change))
  const tracker = new Tracker(clock, emit)
  const activities = new Activities(wakes, ports.controlPlane.waits, (wait) => {
    if (!wait) tracker.startRate()
    stage.await(wait)
  })
  const { recovery = createRecovery() } = ports
  const keeping = { clock, random, wakes, recovery, timing: { ...TIMING, ...ports.timing } }
  const controlPlane = persist(
    ports.controlPlane,
    { ...keeping, contact: apiContact() },
    activities,
    () => tracker.partsDone,
    (delay, error) => emit('retry', { delay, error }),
  )
  const job = {
    ...keeping,
    ...{ source, controlPlane, transport: ports.transport, timeOfDay, tracker, activities, emit },
    contact: storeContact(),
    lanes,
    holds: ports.holds ?? createHolds(),
    extras: () => ports.extras().catch(notLoaded),
    pace: ports.pace,
    integrity: options.integrity ?? 'whole',
    checksum,
    contentType: options.contentType ?? source.contentType,
    metadata: options.metadata,
    enter: stage.enter,
  }
  return { job, stage, emitter }
}

/** @throws {NetworkError} */
export function notLoaded(cause: unknown): never {
  throw new NetworkError('Expected the code of this upload, got none.', { cause })
}

/** @throws {RangeError} */
function checksumOf(
  { checksum, integrity }: UploadOptions,
  { transport }: Pick<UploadPorts<never>, 'transport'>,
): Job<never>['checksum'] {
  if (checksum === 'NONE' && integrity === 'signed') {
    throw new RangeError('Expected a checksum to sign, got NONE. Choose another, or integrity `whole`.')
  }
  return checksum ?? transport.preferredAlgorithm ?? DEFAULT_CHECKSUM
}
