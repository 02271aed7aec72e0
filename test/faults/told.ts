import { createHash } from 'node:crypto'
import type { PartwayError } from '../../client/errors.ts'
import type { UploadResult } from '../../client/events.ts'
import type { Cuts } from './client.ts'
import type { Director } from './director.ts'
import type { Story } from './plan.ts'
import type { SourceFile } from './source-file.ts'

export type Outcome = { readonly result: UploadResult } | { readonly error: PartwayError }

/** What became of a story, for whoever judges it. */
export interface Told {
  readonly story: Story
  readonly director: Director
  readonly source: SourceFile
  readonly outcomes: readonly Outcome[]
  /** Of uploads of the same file that were begun meanwhile. */
  readonly rivals: readonly Outcome[]
  /** The objects that there are of the file, by key: the SHA-256 of each. */
  readonly objects: ReadonlyMap<string, string>
  /** Uploads of the file that the store holds unfinished. */
  readonly unfinished: readonly string[]
  /** Files that the client remembers uploads in. */
  readonly remembered: readonly string[]
  readonly cuts: Cuts
  readonly timers: number
  readonly connections: number
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
