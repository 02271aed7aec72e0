import type { PickedFile, Refusal } from '../upload-queue.ts'
import type { Told } from './kept.ts'

/** What a person asks for, in whatever tab. */
export type Command =
  | { readonly do: 'add'; readonly files: readonly PickedFile[] }
  /** The browser lets the file be read again; or it is gone. */
  | { readonly do: 'give'; readonly id: string; readonly file: File | undefined }
  | { readonly do: Action; readonly id?: string | undefined }

/** Of one item, or of all that can be. */
export type Action = 'pause' | 'resume' | 'retry' | 'restart' | 'cancel' | 'remove'

/** What the tab that runs the uploads tells the others. */
export interface News {
  /** It has just begun to run them. */
  readonly first: boolean
  /** All that there are, in order; or else those that changed, and new ones, which come at the end. */
  readonly all: boolean
  readonly ready: boolean
  readonly told: readonly Told[]
  /** Ids of those that were taken off the list. */
  readonly gone: readonly string[]
}

export type Message =
  | { readonly hello: true }
  | { readonly news: News }
  | { readonly ask: Command; readonly id: number }
  | { readonly answer: readonly Refusal[]; readonly id: number }
