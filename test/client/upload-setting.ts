import type { ControlPlane } from '../../client/control-plane.ts'
import type { Upload } from '../../client/events.ts'
import type { Holds } from '../../client/holds.ts'
import type { LaneBudget } from '../../client/lanes.ts'
import { createRecovery } from '../../client/recovery.ts'
import type { Timing } from '../../client/timing.ts'
import { type UploadOptions, upload } from '../../client/upload.ts'
import { enginePorts } from './engine-ports.ts'
import { FakeJournals } from './fake-journals.ts'
import { FakeSource, FakeStore, type FakeStoreOptions, type Fault, type Request } from './fake-store.ts'
import { FakeWakes } from './fake-wakes.ts'
import { VirtualClock } from './virtual-clock.ts'

export interface Setting extends Omit<FakeStoreOptions, 'clock'> {
  size?: number
  computesCrc?: boolean
  timing?: Partial<Timing>
  /** Milliseconds since 1970. */
  timeOfDay?: () => number
  waits?: ControlPlane['waits']
  lanes?: LaneBudget
  /** Of uploads of one client. */
  holds?: Holds
}

/** An upload of ten parts, unless told otherwise, and all that it talks to. */
export function setting({
  size = 95,
  computesCrc = true,
  timing = { patienceMs: 180_000 },
  timeOfDay,
  waits,
  lanes,
  holds,
  ...options
}: Setting = {}) {
  const clock = new VirtualClock()
  const store = new FakeStore({ clock, ...options })
  const journals = new FakeJournals()
  const source = new FakeSource(size)
  const wakes = new FakeWakes()
  const recovery = createRecovery()
  const begin = (options: UploadOptions = {}, of = source) =>
    upload(
      of,
      {
        controlPlane: { ...store.controlPlane, waits },
        transport: store.transport(computesCrc),
        ...enginePorts,
        ...{ journals, clock, wakes, recovery, timing },
        ...(lanes && { lanes }),
        ...(holds && { holds }),
        random: () => 0.5,
        ...(timeOfDay && { timeOfDay }),
      },
      options,
    )
  const later = (milliseconds: number) =>
    new Promise<void>((resolve) => void clock.after(milliseconds, resolve))
  return { clock, store, journals, source, wakes, recovery, begin, later }
}

/** A fault for the first request that fits, then none. */
export function once(fault: Fault, fits: (request: Request) => boolean, times = 1) {
  let left = times
  return (request: Request) => (fits(request) && left-- > 0 ? fault : undefined)
}

export const isPut = ({ operation }: Request) => operation === 'put'
export const isPart = (number: number) => (request: Request) => request.partNumber === number
export const is =
  (operation: Request['operation']) =>
  (request: Request): boolean =>
    request.operation === operation

/** Once so many parts are done. */
export function reached(run: Upload, parts: number): Promise<void> {
  return new Promise((resolve) => {
    run.on('part', () => run.snapshot().partsDone >= parts && resolve())
  })
}
