import {
  type BrowserClient,
  SourceChangedError,
  type Upload,
  UploadGoneError,
  type UploadOptions,
  type UploadResult,
} from '../../client/browser/index.ts'
import { MIB } from '../../protocol/limits.ts'
import { problemOf } from '../explain.ts'
import { hasStopped, isMoving, isOver } from '../item-states.ts'
import type { ItemState, Need, Note, Problem, QueueItem } from '../upload-queue.ts'
import type { Kept } from './kept.ts'
import { PartsMap } from './parts-map.ts'

/** What another browser began can be gone on with here, for one call more: worth it where there may be much to go on with. */
const WORTH_SEARCHING_BYTES = 64 * MIB

const STILL = {
  ...{ bytes: 0, bytesResumed: 0, partsDone: 0, retries: 0, parts: '' },
  ...{ rate: undefined, secondsLeft: undefined, waitingFor: undefined },
  ...{ struggling: false, queued: false },
}
type Figures = Pick<QueueItem, keyof typeof STILL>

/** What the items of a list share. */
export interface EntryPorts {
  readonly client: BrowserClient
  options(): UploadOptions
  /** Stops them all, and what happens then is not told any more. */
  readonly signal: AbortSignal
  /** @param urgent more than bytes that moved */
  onChange(urgent: boolean): void
  /**
   * Has the server drop what it has of an upload.
   * @throws {PartwayError} where the server could not be told
   */
  drop(key: string, uploadId: string | undefined): Promise<void>
}

/** One file of the list, in the tab that runs it: an upload of the engine when its turn comes, or several in a row. */
export class Entry {
  kept: Kept
  note: Note | undefined
  problem: Problem | undefined
  cancelling = false
  #state: ItemState
  #needs: Need | undefined
  #figures: Figures
  #restart = false
  #upload: Upload | undefined
  #result: UploadResult | undefined
  #planned = false
  #struggling = false
  readonly #parts = new PartsMap()
  readonly #ports: EntryPorts
  #item: QueueItem | undefined
  #dirty = true

  /** @param item how it stood in the tab that ran it before */
  constructor(kept: Kept, ports: EntryPorts, item?: QueueItem) {
    this.kept = kept
    this.#ports = ports
    this.#figures = item ?? STILL
    const begins = kept.file ? 'queued' : 'unfinished'
    this.#state = item && !isMoving(item.state) ? item.state : begins
    this.#needs = item?.needs
    this.problem = item?.problem
    this.#result = item?.result
  }

  get state(): ItemState {
    return this.cancelling ? 'cancelling' : this.#state
  }

  get needs(): Need | undefined {
    return this.#needs
  }

  /** Looks the same: is the same object. */
  get item(): QueueItem {
    if (this.#dirty || !this.#item) {
      this.#dirty = false
      const item = this.#look()
      if (!this.#item || !isSame(this.#item, item)) this.#item = item
    }
    return this.#item
  }

  changed(urgent = true): void {
    this.#dirty = true
    this.#ports.onChange(urgent)
  }

  keep(changes: Partial<Kept>): void {
    this.kept = { ...this.kept, ...changes }
    this.changed()
  }

  /** The server has so much of it. */
  hold(bytes: number, parts: number): void {
    if (!this.#planned) this.#figures = { ...this.#figures, bytes, partsDone: parts }
    this.changed()
  }

  /** There was no room to remember it. */
  forgotten(): void {
    if (this.note) return
    this.note = 'no-space-to-remember'
    this.changed()
  }

  /** Found unfinished: goes on once it has what it needs. */
  wait(needs: Need): void {
    this.#state = 'unfinished'
    this.#needs = needs
    this.changed()
  }

  /** Its turn is to come. @param source the file, where it was chosen anew or read again */
  queue(source: Partial<Kept> = {}, restart = false): void {
    this.#state = 'queued'
    this.#needs = this.problem = undefined
    this.#restart ||= restart
    this.keep({ ...source, paused: false })
  }

  pause(): void {
    if (this.state === 'queued') this.#state = 'paused'
    else this.#upload?.pause()
    if (this.#state === 'paused') this.keep({ paused: true })
  }

  resume(): void {
    if (this.#state === 'paused' && this.#upload) {
      this.#upload.resume()
      this.keep({ paused: false })
    } else if (this.#state === 'paused' || this.#needs === 'click') this.queue()
  }

  /** Begins, or goes on where the last try stopped. */
  start(): void {
    const { client, signal } = this.#ports
    const { file, name, size, lastModified, key, uploadId } = this.kept
    const restart = this.#restart
    const isOther = file?.lastModified !== lastModified || file?.size !== size
    const adopted = isOther && file?.size === size && key && uploadId ? { key, uploadId } : undefined
    this.#upload = undefined
    if (!file || (isOther && !restart && !adopted)) {
      this.#failed('failed', new SourceChangedError(`Expected ${name} as it was, got another file.`))
      return
    }
    this.#state = 'planned'
    this.#planned = this.#struggling = false
    this.note = undefined
    if (restart) {
      // The engine drops what its journal tells of, and that is of this very file.
      if (isOther && key) this.#ports.drop(key, uploadId).catch(() => {})
      this.#figures = STILL
      this.kept = { ...this.kept, ...versionOf(file), key: undefined, uploadId: undefined }
    }
    const resume = restart ? 'journal' : (adopted ?? (size > WORTH_SEARCHING_BYTES ? 'search' : 'journal'))
    const upload = client.upload(file, { ...this.#ports.options(), fileName: name, resume, restart, signal })
    this.#upload = upload
    this.#listen(upload, file)
    upload.result.then(
      (result) => {
        if (!signal.aborted) this.#finished(result)
      },
      (error) => {
        if (signal.aborted) return
        const isAnothers = adopted && error instanceof UploadGoneError
        this.#failed(upload.snapshot().state, isAnothers ? new SourceChangedError(error.message) : error)
      },
    )
    this.changed()
  }

  /**
   * Has the server drop what has arrived.
   * @throws {PartwayError} where the server could not be told
   */
  async drop(): Promise<void> {
    const { file, lastModified, key, uploadId } = this.kept
    // The engine clears its journal, too.
    if (!this.#upload && key && file?.lastModified === lastModified) this.start()
    if (this.#upload) await this.#upload.abort()
    else if (key) await this.#ports.drop(key, uploadId)
  }

  /** Settles once nothing of it is under way, and its journal is free. */
  async stopped(): Promise<void> {
    await this.#upload?.result
  }

  #listen(upload: Upload, file: File): void {
    upload.on('state', ({ state }) => {
      // How it ended is told with the reason.
      if (!isOver(state) && !hasStopped(state)) this.#state = state
      this.changed()
    })
    upload.on('retry', () => {
      this.#struggling = true
      this.changed(false)
    })
    const note = (note: Note) => () => {
      this.note = note
      this.changed()
    }
    upload.on('restarted', () => {
      this.#planned = false
      note('restarted')()
    })
    upload.on('set-aside', note('set-aside'))
    upload.on('unrecorded', note('unrecorded'))
    const plan = () => {
      if (this.#planned) return
      this.#planned = true
      this.#parts.begin(upload.snapshot().parts.length)
    }
    const begun = ({ key }: { key: string }) => {
      plan()
      this.#restart = false
      this.keep({ ...versionOf(file), key, uploadId: key === this.kept.key ? this.kept.uploadId : undefined })
    }
    upload.on('initiated', begun)
    upload.on('resumed', begun)
    upload.on('part', ({ partNumber, state }) => {
      plan()
      this.#parts.set(partNumber, state)
      this.changed(false)
    })
    let bytes = 0
    upload.on('progress', ({ bytesSent }) => {
      // A try that failed takes its bytes back, and that is no progress.
      if (bytesSent > bytes) this.#struggling = false
      bytes = bytesSent
      this.changed(false)
    })
  }

  #finished(result: UploadResult): void {
    this.#state = 'done'
    this.#result = result
    this.#figures = this.item
    // Nothing changes any more, and thousands of uploads are a lot to keep.
    this.#upload = undefined
    this.changed()
  }

  #failed(state: ItemState, error: unknown): void {
    this.#state = state
    this.problem = problemOf(error, this.kept.size)
    this.changed()
  }

  #look(): QueueItem {
    const { id, name, size } = this.kept
    const now = this.#upload?.snapshot()
    if (now) {
      // Until it is known what the server has, it is what it was.
      const { bytes, bytesResumed, partsDone } = this.#figures
      this.#figures = {
        ...(this.#planned
          ? { bytes: now.bytesSent, bytesResumed: now.bytesResumed, partsDone: now.partsDone }
          : { bytes, bytesResumed, partsDone }),
        rate: now.rate,
        secondsLeft: now.eta,
        parts: this.#parts.text,
        retries: now.retries,
        struggling: this.#struggling,
        waitingFor: now.waitingFor?.for,
        queued: now.queued,
      }
    }
    return {
      ...this.#figures,
      ...{ id, name, size, state: this.state, needs: this.#needs, note: this.note },
      ...{ problem: this.problem, result: this.#result },
    }
  }
}

const versionOf = ({ size, lastModified }: File) => ({ size, lastModified })

function isSame(a: QueueItem, b: QueueItem): boolean {
  return (Object.keys(b) as (keyof QueueItem)[]).every((key) => a[key] === b[key])
}
