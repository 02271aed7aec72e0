import type { UploadId } from './control-plane.ts'
import type { Job } from './job.ts'

/** Which of a client's transfers has which unfinished upload: no two go on with the same one. Shared by all of them. */
export interface Holds {
  /** By upload id, until the transfer ends. */
  readonly owners: Map<string, unknown>
  /** Searches for files of a size, one after another: what one looks at may be another's. */
  readonly searches: Map<number, Promise<unknown>>
}

export const createHolds = (): Holds => ({ owners: new Map(), searches: new Map() })

type Holder = Pick<Job<unknown>, 'holds' | 'tracker'>

/** @returns whether no other transfer has it */
export function hold({ holds, tracker }: Holder, { uploadId }: Pick<UploadId, 'uploadId'>): boolean {
  const owner = holds.owners.get(uploadId)
  if (!owner) holds.owners.set(uploadId, tracker)
  return !owner || owner === tracker
}

/** Whatever it has is free for others. */
export function letGo({ holds, tracker }: Holder): void {
  for (const [uploadId, owner] of holds.owners) if (owner === tracker) holds.owners.delete(uploadId)
}
