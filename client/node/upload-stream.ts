import { MIB } from '../../protocol/limits.ts'
import { planParts } from '../../protocol/part-plan.ts'
import { ProblemError } from '../../protocol/problems.ts'
import { createJob } from '../create-job.ts'
import type { Upload } from '../events.ts'
import type { Journal, JournalStore } from '../ports.ts'
import { UploadRun } from '../run.ts'
import type { UploadOptions, UploadPorts } from '../upload.ts'
import { BlockPool } from './block-pool.ts'
import { BLOCK_BYTES } from './blocks.ts'
import type { S3Target } from './s3/control-plane.ts'
import type { FileSlice } from './source.ts'
import { StreamCarrier } from './stream-carrier.ts'
import { StreamSource } from './stream-source.ts'
import { LANE_BYTES, memoryFor } from './traffic.ts'

/** For a stream that may come to 625 GiB. */
const DEFAULT_STREAM_PART_BYTES = 64 * MIB
/** Unless memory is limited: so many parts are held at once, for one lane hardly fills a link. */
const DEFAULT_PARTS_HELD = 4

export interface S3StreamOptions
  extends Pick<UploadOptions, 'checksum' | 'concurrency' | 'contentType' | 'metadata' | 'signal'>,
    Pick<S3Target, 'overwrite' | 'headers'> {
  readonly key: string
  /** In bytes, whole MiB from 5 MiB to 5 GiB: of a stream, each part is held in memory until the store has it. @default as `expectedSize` wants it, else 64 MiB */
  readonly partSize?: number | undefined
  /** How long the stream may become, in bytes: 10,000 parts have to hold it. One that is longer than that fails at its end. */
  readonly expectedSize?: number | undefined
}

export interface StreamPorts extends Omit<UploadPorts<FileSlice>, 'journals' | 'controlPlane' | 'carriage'> {
  /** Of memory, for parts and lanes. */
  readonly spareBytes: number
  /** Whether that is a limit that somebody has set. */
  readonly isLimited: boolean
  /** @param source what is known of its size as it is read */
  controlPlane(source: { readonly size: number }): UploadPorts<FileSlice>['controlPlane']
}

/**
 * Begins at once, and reads as fast as it can send.
 * @throws {RangeError} for a part size that is none, or too small for the size that is expected, or too large for the memory
 */
export function uploadStream(
  chunks: AsyncIterable<Uint8Array>,
  { key, partSize: wanted, expectedSize, ...options }: S3StreamOptions,
  { spareBytes, isLimited, controlPlane, ...ports }: StreamPorts,
): Upload {
  const partSize = partSizeFor(wanted, expectedSize)
  const spare = isLimited ? spareBytes : Math.max(spareBytes, DEFAULT_PARTS_HELD * (partSize + LANE_BYTES))
  const held = Math.floor(spare / (partSize + LANE_BYTES))
  if (held < 1) {
    throw new RangeError(
      `Expected room for one part of ${partSize / MIB} MiB, got a maxMemory with less; set it to ${memoryFor(partSize + LANE_BYTES)} bytes or more, or choose a smaller partSize.`,
    )
  }
  const pool = new BlockPool(Math.floor((spare - held * LANE_BYTES) / BLOCK_BYTES))
  const source = new StreamSource(chunks, key.slice(key.lastIndexOf('/') + 1) || key, partSize, pool)
  const wired = { ...ports, controlPlane: controlPlane(source), journals: NO_JOURNALS }
  const limited = { ...options, concurrency: Math.min(options.concurrency ?? held, held) }
  // One more is read while all that are held are sent.
  const carrier = new StreamCarrier(source, held + 1)
  const run = new UploadRun(createJob(source, wired, limited), wired, limited, carrier)
  run.result.catch(() => source.close())
  return run
}

/** @throws {RangeError} */
function partSizeFor(partSize: number | undefined, expectedSize: number | undefined): number {
  try {
    const fallback = expectedSize === undefined ? DEFAULT_STREAM_PART_BYTES : undefined
    return planParts(expectedSize ?? 0, partSize ?? fallback).partSize
  } catch (error) {
    if (error instanceof ProblemError) throw new RangeError(error.message, { cause: error })
    throw error
  }
}

/** What was read cannot be read again: there is nothing to remember. */
const NO_JOURNALS: JournalStore = {
  open: async (): Promise<Journal> => ({
    entries: [],
    setAside: undefined,
    append: async () => {},
    clear: async () => {},
    close: async () => {},
  }),
}
