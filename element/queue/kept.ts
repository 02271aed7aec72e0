import type { QueueItem } from '../upload-queue.ts'

/** What is remembered of an item, to go on with it after a reload or in another tab. Replaced when it changes. */
export interface Kept {
  readonly id: string
  readonly endpoint: string
  /** With its folders. */
  readonly name: string
  /** Bytes. */
  readonly size: number
  /** Milliseconds since 1970, of the file that was begun with; absent while only the server tells of the upload. */
  readonly lastModified?: number | undefined
  /** Once initiated. */
  readonly key?: string | undefined
  /** Where the server told it. */
  readonly uploadId?: string | undefined
  /** A person wants it to stand still. */
  readonly paused?: boolean | undefined
  readonly handle?: FileSystemFileHandle | undefined
  /** Goes along between tabs; in storage it stands apart, if there is room. */
  readonly file?: File | undefined
}

/** What tabs tell each other of an item. */
export interface Told {
  readonly item: QueueItem
  /** Where that changed. */
  readonly kept: Kept | undefined
}

/** Where items are remembered. What fails is rejected, and harms nobody. */
export interface KeptStorage {
  /** Those of all endpoints, each with the File that was stored of it. */
  load(): Promise<readonly Kept[]>
  /**
   * All of it, or nothing.
   * @param changes without their Files; `undefined` removes an item and its File
   * @param stale of these, whose stored File is not theirs any more: it is removed
   */
  write(changes: ReadonlyMap<string, Kept | undefined>, stale?: ReadonlySet<string>): Promise<void>
  /** Each is copied whole. */
  copy(files: ReadonlyMap<string, File>): Promise<void>
  /** Bytes that this page may still store. */
  room(): Promise<number>
}

/** Files may be read until the page is left; then a person may have to be asked. */
interface Permissions {
  queryPermission(): Promise<PermissionState>
}

/** @returns `'ask'` where only a person can allow it */
export async function readAgain(handle: FileSystemFileHandle | undefined): Promise<File | 'ask' | undefined> {
  try {
    const state = await (handle as Partial<Permissions> | undefined)?.queryPermission?.()
    return state === 'prompt' ? 'ask' : await handle?.getFile()
  } catch {
    return undefined
  }
}
