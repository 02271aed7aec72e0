import type {
  BrowserClient,
  PartwayError,
  Upload,
  UploadOptions,
  UploadResult,
  UploadSnapshot,
  UploadState,
} from '../client/browser/index.ts'
import { MIB } from '../protocol/limits.ts'

const WORTH_SEARCHING_BYTES = 64 * MIB

/** `queued`: until it is its turn; `cancelling`: until the server has dropped the parts. */
export type TransferState = 'queued' | 'cancelling' | UploadState

/** Something that a person should know of, although the upload goes on. */
export type Note = 'restarted' | 'set-aside' | 'unrecorded'

/** How one file stands, as the page shows it. Sizes in bytes, times in seconds. */
export interface TransferView {
  readonly name: string
  readonly state: TransferState
  readonly size: number
  readonly bytes: number
  /** Of `bytes`, those that were there before this run. */
  readonly bytesResumed: number
  readonly parts: number
  /** Bytes per second. */
  readonly rate: number | undefined
  readonly secondsLeft: number | undefined
  /** A try failed, and nothing has moved since. */
  readonly struggling: boolean
  /** Of state `waiting`. */
  readonly waitingFor: UploadSnapshot['waitingFor']
  /** Of state `uploading`: other files have all lanes. */
  readonly queued: boolean
  readonly note: Note | undefined
  readonly error: PartwayError | undefined
  readonly result: UploadResult | undefined
}

const MOVING: ReadonlySet<TransferState> = new Set([
  'planned',
  'uploading',
  'waiting',
  'completing',
  'cancelling',
])

/** Whether leaving the page now would interrupt this file. */
export function isMoving(state: TransferState): boolean {
  return MOVING.has(state)
}

/** Whether only a person begins it again. */
export function hasStopped(state: TransferState): boolean {
  return state === 'resumable' || state === 'failed'
}

/** What another browser began can be gone on with here, for one call more: worth it where there may be much to go on with. */
function whereToLook(file: File): 'search' | 'journal' {
  return file.size > WORTH_SEARCHING_BYTES ? 'search' : 'journal'
}

/** One file of the list: waits for its turn, and then is an upload of the engine, or several in a row. */
export class Transfer {
  readonly #client: BrowserClient
  readonly #onChange: (transfer: Transfer) => void
  #file: File
  #upload: Upload | undefined
  #state: TransferState = 'queued'
  #result: UploadResult | undefined
  #cancelling = false
  #struggling = false
  #note: Note | undefined

  constructor(client: BrowserClient, file: File, onChange: (transfer: Transfer) => void) {
    this.#client = client
    this.#file = file
    this.#onChange = onChange
  }

  get state(): TransferState {
    return this.#cancelling ? 'cancelling' : this.#state
  }

  /** Whether `file` is the one that this is about, as far as a page can tell. */
  isOf(file: File): boolean {
    const { name, size, lastModified } = this.#file
    return file.name === name && file.size === size && file.lastModified === lastModified
  }

  /** Begins, or begins again where the last try stopped. @param file the same file, chosen anew */
  start(options: UploadOptions = {}, file = this.#file): void {
    this.#file = file
    const resume = options.restart ? 'journal' : whereToLook(file)
    const upload = this.#client.upload(file, { resume, ...options })
    this.#upload = upload
    this.#state = 'planned'
    this.#struggling = false
    this.#note = undefined
    const changed = () => this.#onChange(this)
    upload.on('state', ({ state }) => {
      this.#state = state
      changed()
    })
    upload.on('retry', () => {
      this.#struggling = true
      changed()
    })
    const note = (note: Note) => () => {
      this.#note = note
      changed()
    }
    upload.on('restarted', note('restarted'))
    upload.on('set-aside', note('set-aside'))
    upload.on('unrecorded', note('unrecorded'))
    let bytes = 0
    upload.on('progress', ({ bytesSent }) => {
      // A try that failed takes its bytes back, and that is no progress.
      if (bytesSent > bytes) this.#struggling = false
      bytes = bytesSent
      changed()
    })
    upload.result.then(
      (result) => {
        this.#result = result
        changed()
      },
      () => {}, // The state says so, and the snapshot has the error.
    )
    changed()
  }

  pause(): void {
    this.#upload?.pause()
  }

  resume(): void {
    this.#upload?.resume()
  }

  /** @throws {PartwayError} where the server could not be told */
  async cancel(): Promise<void> {
    this.#cancelling = true
    this.#onChange(this)
    try {
      await this.#upload?.abort()
    } finally {
      this.#cancelling = false
    }
  }

  view(): TransferView {
    const now = this.#upload?.snapshot()
    return {
      name: this.#file.name,
      state: this.state,
      size: this.#file.size,
      bytes: now?.bytesSent ?? 0,
      bytesResumed: now?.bytesResumed ?? 0,
      parts: now?.parts.length ?? 0,
      rate: now?.rate,
      secondsLeft: now?.eta,
      struggling: this.#struggling,
      waitingFor: now?.waitingFor,
      queued: now?.queued ?? false,
      note: this.#note,
      error: now?.error,
      result: this.#result,
    }
  }
}
