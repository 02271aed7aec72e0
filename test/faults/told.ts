import { createHash } from 'node:crypto'
import { PartwayError } from '../../client/errors.ts'
import type { UploadResult } from '../../client/events.ts'
import type { Director } from './director.ts'
import type { Story } from './plan.ts'
import type { SourceFile } from './source-file.ts'
import type { Cuts } from './tagged-transport.ts'

/** How a run ended: as much of a result, or of an error, as passes from one process to another. */
export type Outcome =
  | { readonly result: Pick<UploadResult, 'key' | 'size' | 'verified'> }
  | { readonly error: Pick<PartwayError, 'name' | 'message' | 'resumable'> }
  | { readonly killed: true }

/** What became of a story, for whoever judges it. */
export interface Told {
  readonly story: Story
  readonly director: Director
  readonly source: SourceFile
  /** Objects that took the place of the one that is fetched. */
  readonly others: readonly Uint8Array[]
  readonly outcomes: readonly Outcome[]
  /** Of the same errand, begun once more meanwhile. */
  readonly rivals: readonly Outcome[]
  /** Of a download: the file under its final name. */
  readonly arrived: Uint8Array | undefined
  /** The objects that there are of the file, by key: the SHA-256 of each. */
  readonly objects: ReadonlyMap<string, string>
  /** Uploads of the file that the store holds unfinished. */
  readonly unfinished: readonly string[]
  /** Files that the client has left. */
  readonly remembered: readonly string[]
  readonly cuts: Cuts
  readonly timers: number
  readonly connections: number
}

/** @throws what is no error of the engine's */
export function asFailure(error: unknown): Outcome {
  if (!(error instanceof PartwayError)) throw error
  const { name, message, resumable } = error
  return { error: { name, message, resumable } }
}

/** For a person. */
export function describeOutcome(outcome: Outcome): string {
  if ('killed' in outcome) return 'killed'
  if ('result' in outcome) return `done, verified by ${outcome.result.verified}`
  const { name, message, resumable } = outcome.error
  return `${name}${resumable ? ', resumable' : ''}: ${message}`
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
