import { createBandwidth } from '../bandwidth.ts'
import { systemClock } from '../clock.ts'
import { createHolds, type Holds } from '../holds.ts'
import { createLanes, type LaneBudget } from '../lanes.ts'
import type { Clock, PutRequest } from '../ports.ts'
import { createRecovery, type Recovery } from '../recovery.ts'
import { PIECE_BYTES } from './transport.ts'

const MIB = 1024 * 1024
/** What the process takes without a lane. Measured: 110 MiB, and what V8 lets its heap grow by on a busy machine. */
const BASE_BYTES = 144 * MIB
/** Two blocks, what Node keeps of a connection, and what lies about between two collections, more the more moves. Measured over 20 GiB: 3.7 MiB. */
export const LANE_BYTES = 4 * MIB
/** With more memory, too: more connections brought nothing that was measured, and stores like them less. */
const MOST_LANES = 64
const FIRST_LANES = 6
/** Milliseconds. Under a bandwidth limit each lane sends something at least this often: stores hang up on who is silent for longer. */
const LONGEST_SILENCE_MS = 5_000
/** Bytes per second. Under a bandwidth limit more lanes bring nothing, and what is under way is lost by a kill: a lane for so many … */
const WORTH_A_LANE = 2 * MIB
/** … and this many at least, so that the link has something to do between two parts. */
const FEWEST_PACED_LANES = 2

/** How much a client may do at once. */
export interface TrafficOptions {
  /** Bytes of memory that the whole process may take: limits how many parts are under way. @default 256 MiB */
  readonly maxMemory?: number | undefined
  /** Bytes per second, of all transfers together. @default none */
  readonly bandwidthLimit?: number | undefined
  /** So many parts under way at once, of all transfers together, whatever the link does. @default as many as the goodput is worth */
  readonly concurrency?: number | undefined
}

export interface Traffic {
  readonly lanes: LaneBudget
  readonly pace: PutRequest<never>['pace']
  readonly recovery: Recovery
  readonly holds: Holds
  /** Of memory, for lanes and what waits for one. */
  readonly spareBytes: number
}

/** @throws {RangeError} for what is no such number, and where the memory is not enough for one lane, or for the concurrency */
export function createTraffic(options: TrafficOptions = {}, clock: Clock = systemClock): Traffic {
  const { maxMemory = 256 * MIB, bandwidthLimit, concurrency } = options
  const fitting = lanesWithin(maxMemory)
  if (concurrency !== undefined) checkFits(concurrency, fitting, maxMemory)
  const bandwidth = bandwidthLimit === undefined ? undefined : createBandwidth(bandwidthLimit, clock)
  const paced = bandwidth ? lanesUnder(bandwidth.bytesPerSecond) : MOST_LANES
  const max = Math.max(1, Math.min(fitting, MOST_LANES, paced))
  const lanes =
    concurrency === undefined
      ? createLanes({ start: FIRST_LANES, max, clock })
      : createLanes({ min: concurrency, start: concurrency, max: concurrency, clock })
  return {
    ...{ lanes, pace: bandwidth?.pace, recovery: createRecovery(), holds: createHolds() },
    spareBytes: maxMemory - BASE_BYTES,
  }
}

function lanesWithin(maxMemory: number): number {
  const lanes = Math.floor((maxMemory - BASE_BYTES) / LANE_BYTES)
  if (lanes >= 1) return lanes
  throw new RangeError(
    `Expected a maxMemory of at least ${BASE_BYTES + LANE_BYTES} bytes (${(BASE_BYTES + LANE_BYTES) / MIB} MiB), which one part under way needs, got ${maxMemory}.`,
  )
}

/** The `maxMemory` that has so many bytes to spare. */
export function memoryFor(spareBytes: number): number {
  return BASE_BYTES + spareBytes
}

function lanesUnder(bytesPerSecond: number): number {
  const talkative = Math.floor((bytesPerSecond / 1000) * (LONGEST_SILENCE_MS / PIECE_BYTES))
  return Math.min(talkative, Math.max(FEWEST_PACED_LANES, Math.floor(bytesPerSecond / WORTH_A_LANE)))
}

function checkFits(concurrency: number, fitting: number, maxMemory: number): void {
  if (concurrency > fitting) {
    throw new RangeError(
      `Expected a concurrency of at most ${fitting}, which is what a maxMemory of ${maxMemory} bytes has room for, got ${concurrency}; set maxMemory to ${BASE_BYTES + concurrency * LANE_BYTES} or more.`,
    )
  }
}
