import { Steering } from '../../client/steering.ts'

/** A link as it would be, without noise. */
export interface LinkModel {
  /** Bytes per millisecond of so many connections that have reached their rate. @param now milliseconds */
  rate(connections: number, now: number): number
  /** Whether the store asks for less when there are so many. */
  asksForLess?(connections: number): boolean
  /** Bytes that a connection's buffers take at once when it is opened: handed over, and not on their way. */
  readonly buffer?: number
}

export interface Run {
  /** Bytes in all. */
  bytes: number
  /** How many lanes there were in each tick. */
  lanes: number[]
  /** When there began to be another number of them. */
  changes: { at: number; lanes: number }[]
}

export interface RunOptions {
  milliseconds: number
  /** A fixed number of lanes, instead of those that the steering asks for. */
  fixed?: number
  /** The standard deviation of the rate, which wanders. */
  noise?: number
  seed?: number
  start?: number
  max?: number
}

const TICK_MS = 50
/** What a connection takes to reach its rate. */
const RAMP_MS = 300
/** What a client hands over at once goes out over the tick. */
const PIECES = 10
/** Of what is sent while the store asks for less. */
const REFUSED = 0.1

/** Sends as long as it may over that link, in virtual time. */
export function runOver(link: LinkModel, options: RunOptions): Run {
  const { milliseconds, fixed, noise = 0, seed = 1, start = 6, max = 64 } = options
  const steering = new Steering({ min: 1, start, max })
  const wander = wandering(seed)
  const run: Run = { bytes: 0, lanes: [], changes: [] }
  let born: number[] = []
  steering.kept(true)
  for (let now = 0; now < milliseconds; now += TICK_MS) {
    const lanes = fixed ?? steering.lanes
    if (lanes !== run.lanes.at(-1)) run.changes.push({ at: now, lanes })
    run.lanes.push(lanes)
    const opened = Math.max(0, lanes - born.length)
    born = [...born.slice(0, lanes), ...Array<number>(opened).fill(now)]
    steering.used(now, lanes)
    steering.moved(now, opened * (link.buffer ?? 0))
    const connections = born.reduce((sum, since) => sum + Math.min(1, (now - since) / RAMP_MS), 0)
    const bytes = Math.max(0, link.rate(connections, now) * (1 + noise * wander())) * TICK_MS
    const refused = link.asksForLess?.(lanes) ?? false
    if (refused) steering.struggled(now)
    run.bytes += refused ? bytes * (1 - REFUSED) : bytes
    for (let piece = 0; piece < PIECES; piece++) {
      steering.moved(now + (piece * TICK_MS) / PIECES, bytes / PIECES)
    }
  }
  return run
}

/** Normally distributed around 0, each value close to the one before. @returns the next */
function wandering(seed: number): () => number {
  let state = seed
  const random = () => {
    state = (state * 1664525 + 1013904223) >>> 0
    return (state + 1) / 2 ** 32
  }
  let value = 0
  return () => {
    const normal = Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random())
    value = 0.8 * value + 0.6 * normal
    return value
  }
}
