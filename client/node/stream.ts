import type { Writable } from 'node:stream'
import { MIB } from '../../protocol/limits.ts'
import { type DownloadOptions, download } from '../download.ts'
import type { Download } from '../download-events.ts'
import { Blocks } from './blocks.ts'
import { type NodeDownloadPorts, receivingPorts } from './download.ts'
import { StreamTarget } from './stream-target.ts'
import { LANE_BYTES } from './traffic.ts'

/** Ranges in the window: enough that a slow one holds up few others. */
const RANGES_IN_WINDOW = 12
const MAX_RANGE_BYTES = 8 * MIB

export type StreamOptions = DownloadOptions

export interface StreamDownloadPorts extends NodeDownloadPorts {
  /** Of memory, for lanes and for what arrives early. */
  readonly spareBytes: number
}

/**
 * In parallel ranges, handed on in order. Nothing is kept: one that ends early has to begin again.
 * @throws {RangeError} where the concurrency is not a whole number of at least 1, or the range is none
 */
export function downloadStream(
  key: string,
  writable: Writable,
  { spareBytes, ...ports }: StreamDownloadPorts,
  { concurrency, ...options }: StreamOptions = {},
): Download {
  const blocks = new Blocks()
  const windowBytes = Math.max(2 * MIB, spareBytes / 2)
  const mebibytes = Math.floor(windowBytes / RANGES_IN_WINDOW / MIB)
  const rangeBytes = Math.min(Math.max(1, mebibytes) * MIB, MAX_RANGE_BYTES)
  const most = Math.max(1, Math.floor((spareBytes - windowBytes) / LANE_BYTES))
  return download(
    key,
    {
      ...receivingPorts(ports, blocks),
      passing: true,
      claim: async () => new StreamTarget(writable, { blocks, windowBytes, rangeBytes }),
    },
    { ...options, concurrency: Math.min(concurrency ?? most, most) },
  )
}
