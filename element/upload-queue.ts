import type { UploadResult, UploadState } from '../client/browser/index.ts'

/**
 * The uploads of this origin to one API, as a person sees them: remembered across reloads and crashes, and one list for all tabs.
 * One tab runs them, the others show them and pass on what is asked for; when it closes, another goes on.
 */
export interface UploadQueue {
  /** In the order in which they came. An item that looks the same is the same object: rows compare by identity. */
  readonly items: readonly QueueItem[]
  /** What nothing moves for; `undefined` while something can, and where a problem of an item says it better. */
  readonly waitingFor: 'network' | 'user' | 'credentials' | undefined
  /** Whether this tab runs the uploads: it is the one that warns before it is left. */
  readonly runsHere: boolean
  /** Called after something changed: often, so draw at a pace of your own. @returns removes the listener */
  subscribe(listener: () => void): () => void
  /** Settles once what was unfinished in this browser and on the server is in the list. */
  readonly ready: Promise<void>
  /**
   * Puts files at the end of the list. One that is there already goes on, if it had stopped; one that an unfinished item
   * waits for is that item's.
   * @returns what was not taken, and why
   */
  add(files: readonly PickedFile[]): Promise<readonly Refusal[]>
  /** Of one item, or of all that can be: the others are left alone. None of these throws. */
  pause(id?: string): void
  /** Goes on after a pause, or with what was found unfinished. Call it from a click: a browser may have to ask for the file. */
  resume(id?: string): void
  /** Goes on after a failure. */
  retry(id?: string): void
  /** Sends the file of an item that has stopped anew, whatever had arrived. */
  restart(id: string): void
  /** Has the server drop what has arrived, and takes the item off the list. */
  cancel(id?: string): void
  /** Takes finished items off the list. */
  remove(id?: string): void
  /** Gives back the lock and the channel; what is under way stops, and is kept. */
  close(): void
}

/** What a person chose or dropped. */
export interface PickedFile {
  readonly file: File
  /** With the folders that it was dropped in, `films/a.mov`. @default the file's own name */
  readonly path?: string | undefined
  /** Where the browser gives one: it survives a reload, and costs nothing. */
  readonly handle?: FileSystemFileHandle | undefined
}

export interface Refusal {
  readonly name: string
  /** For a person. */
  readonly sentence: string
}

/**
 * `queued`: until it is its turn; `cancelling`: until the server has dropped the parts; `unfinished`: begun before, here or
 * elsewhere, and goes on once a person says so.
 */
export type ItemState = 'queued' | 'cancelling' | 'unfinished' | UploadState

/** How one file stands: plain data, which is passed between tabs. Sizes in bytes, times in seconds. */
export interface QueueItem {
  /** When it came to the list, in milliseconds since 1970, or a little later: no two are the same. */
  readonly id: string
  /** With its folders. */
  readonly name: string
  readonly state: ItemState
  readonly size: number
  readonly bytes: number
  /** Of `bytes`, those that were there before this run. */
  readonly bytesResumed: number
  /** Bytes per second. */
  readonly rate: number | undefined
  readonly secondsLeft: number | undefined
  /** One character a part, part number 1 first; empty until planned. */
  readonly parts: string
  readonly partsDone: number
  readonly retries: number
  /** A try failed, and nothing has moved since. */
  readonly struggling: boolean
  /** Of state `waiting`. */
  readonly waitingFor: UploadQueue['waitingFor']
  /** Of state `uploading`: other files have all lanes. */
  readonly queued: boolean
  /** Of state `unfinished`: what it takes to go on. */
  readonly needs: Need | undefined
  readonly note: Note | undefined
  /** What went wrong, of state `resumable` or `failed`, or with what was last asked for. */
  readonly problem: Problem | undefined
  /** Of state `done`. */
  readonly result: UploadResult | undefined
}

/** The characters of {@link QueueItem.parts}: waiting, moving, waits for another try, stored, stored after another try. */
export const PART_MARKS = { waiting: '.', moving: '>', retrying: '!', verified: '#', retried: '+' } as const

/** `click`: nothing but that; `permission`: to read the file again; `file`: it has to be chosen again. */
export type Need = 'click' | 'permission' | 'file'

/** Something that a person should know of, although the upload goes on. */
export type Note = 'restarted' | 'set-aside' | 'unrecorded' | 'no-space-to-remember'

/** What a person reads instead of an exception, and the button beside it. */
export interface Problem {
  /** Stable, for code and tests: `network`, `cors`, `signed-out`, `file-changed`, `too-large`, … (element/explain.ts). */
  readonly code: string
  /** What happened, and what they can do. */
  readonly sentence: string
  /** Absent where the same file would fail in the same way. */
  readonly action?: ProblemAction | undefined
  /** Worth showing, and not worth telling yet: what it is for certain is being found out. */
  readonly tentative?: boolean | undefined
}

/** `retry` goes on where it stopped; `restart` sends the file anew; `choose` asks for the file. */
export type ProblemAction = 'retry' | 'restart' | 'choose' | 'sign-in' | 'remove' | 'reload'
