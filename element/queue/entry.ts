import {
  type BrowserClient,
  SourceChangedError,
  type Upload,
  UploadGoneError,
  type UploadOptions,
} from '../../client/browser/index.ts'
import { MIB } from '../../protocol/limits.ts'
import { isNoSpace, problemOf } from '../explain.ts'
import { hasStopped, isMoving, isOver } from '../item-states.ts'
import type { ItemState, Need, Problem, QueueItem } from '../upload-queue.ts'
import { type Kept, readAgain } from './kept.ts'
import { createPartsMap } from './parts-map.ts'

/** What another browser began can be gone on with here, for one call more: worth it where there may be much to go on with. */
const WORTH_SEARCHING_BYTES = 64 * MIB

const STILL = {
  bytes: 0,
  bytesResumed: 0,
  partsDone: 0,
  retries: 0,
  parts: '',
  struggling: false,
  queued: false,
}

const NOT_DROPPED: Problem = {
  code: 'not-dropped',
  sentence:
    'The server could not be told to delete what had arrived. It does that by itself after some days.',
  action: 'remove',
}

/** What the items of a list share. */
export interface EntryPorts {
  readonly client: BrowserClient
  options(): UploadOptions
  /** Stops them all, and what happens then is not told any more. */
  readonly signal: AbortSignal
  /** @param urgent more than bytes that moved */
  onChange(urgent: boolean, id: string): void
  /** Its upload is that one, so no other item's is. */
  onKey(id: string, key: string): void
  /** Has the server drop what it has of an upload. @throws {PartwayError} where the server could not be told */
  drop(upload: Pick<Kept, 'key' | 'uploadId'>): Promise<void>
  /** Takes it off the list. */
  remove(id: string): void
}

export type Entry = ReturnType<typeof createEntry>

/**
 * One file of the list, in the tab that runs it: an upload of the engine when its turn comes, or several in a row.
 * @param before how it stood in the tab that ran it until now
 */
export function createEntry(kept: Kept, ports: EntryPorts, before?: QueueItem) {
  const { client, signal } = ports
  const { id, name, size } = kept
  const begun: ItemState = kept.file ? 'queued' : 'unfinished'
  /** As it stands, but for what only the upload knows until somebody looks. */
  const now = {
    ...STILL,
    ...before,
    ...{ id, name, size, state: before && !isMoving(before.state) ? before.state : begun },
  } as QueueItem
  const parts = createPartsMap()
  let upload: Upload | undefined
  let restart = false
  /** Whether it is known what the server has. */
  let isPlanned = false
  let item: QueueItem | undefined
  let isDirty = true

  /** @param urgent more than bytes that moved */
  function set(changes: Partial<QueueItem>, urgent = true): void {
    Object.assign(now, changes)
    isDirty = true
    ports.onChange(urgent, id)
  }

  function keep(changes: Partial<Kept>): void {
    kept = { ...kept, ...changes }
    set({})
  }

  /** Its turn is to come. @param source the file, where it was chosen anew or read again */
  function queue(source: Partial<Kept> = {}, anew = false): void {
    set({ state: 'queued', needs: undefined, problem: undefined })
    restart ||= anew
    keep({ ...source, paused: false })
  }

  const wait = (needs: Need) => set({ state: 'unfinished', needs })
  const fail = (problem: Problem, state: ItemState = 'failed') => set({ state, problem })

  /** What stands in the way may be something else than it seems. @param seems what it is, where nothing better is found */
  function explain(error: unknown, run: Upload, seems?: Problem): void {
    import('../diagnose.ts')
      .then(({ diagnose }) => diagnose(error, kept.endpoint))
      // Without a network it cannot be loaded.
      .catch(() => undefined)
      .then((found) => {
        const problem = found ?? seems
        if (problem && upload === run && (now.struggling || hasStopped(now.state))) set({ problem })
      })
  }

  function start(): void {
    const { file, name, size, lastModified, key, uploadId } = kept
    const isOther = file?.lastModified !== lastModified || file?.size !== size
    const adopted = isOther && file?.size === size && key && uploadId ? { key, uploadId } : undefined
    upload = undefined
    // Of what has not begun, nothing can be another file's.
    if (!file || (key && isOther && !restart && !adopted)) {
      fail(problemOf(new SourceChangedError('')))
      return
    }
    set({ state: 'planned', note: undefined })
    isPlanned = false
    if (restart) {
      // The engine drops what its journal tells of, and that is of this very file.
      if (isOther) drop().catch(() => {})
      Object.assign(now, STILL)
      kept = { ...kept, ...versionOf(file), key: undefined, uploadId: undefined }
    }
    const resume = restart ? 'journal' : (adopted ?? (size > WORTH_SEARCHING_BYTES ? 'search' : 'journal'))
    let run: Upload
    try {
      run = client.upload(file, { ...ports.options(), fileName: name, resume, restart, signal })
    } catch (error) {
      // Of options that cannot be.
      fail(problemOf(error))
      return
    }
    upload = run
    listen(run, file)
    run.result.then(
      (result) => {
        if (signal.aborted) return
        look(run)
        // Nothing changes any more, and thousands of uploads are a lot to keep.
        upload = undefined
        set({ state: 'done', result })
      },
      (error) => {
        if (signal.aborted || now.state === 'cancelling') return
        const isAnothers = adopted && error instanceof UploadGoneError
        const problem = problemOf(isAnothers ? new SourceChangedError('') : error, size)
        fail({ ...problem, tentative: true }, run.snapshot().state)
        explain(error, run, problem)
      },
    )
  }

  function listen(run: Upload, file: File): void {
    const plan = () => {
      if (!isPlanned) parts.begin(run.snapshot().parts.length)
      isPlanned = true
    }
    const begin = ({ key }: { key: string }) => {
      plan()
      restart = false
      keep({ ...versionOf(file), key, uploadId: key === kept.key ? kept.uploadId : undefined })
      ports.onKey(id, key)
    }
    run.on('initiated', begin)
    run.on('resumed', begin)
    run.on('part', ({ partNumber, state }) => {
      plan()
      parts.set(partNumber, state)
      set({}, false)
    })
    run.on('state', ({ state }) => {
      // How it ended is told with the reason.
      set(isOver(state) || hasStopped(state) || now.state === 'cancelling' ? {} : { state })
    })
    for (const note of ['restarted', 'set-aside', 'unrecorded'] as const) {
      run.on(note, (event) => {
        if (note === 'restarted') isPlanned = false
        set({ note: 'error' in event && isNoSpace(event.error) ? 'no-space-to-remember' : note })
      })
    }
    let bytes = 0
    let tries = 0
    run.on('retry', ({ error }) => {
      if (++tries > 1) explain(error, run)
      set({ struggling: true }, false)
    })
    run.on('progress', ({ bytesSent }) => {
      // A try that failed takes its bytes back, and that is no progress.
      const moved = bytesSent > bytes
      bytes = bytesSent
      if (moved) tries = 0
      set(moved ? { struggling: false, problem: undefined } : {}, false)
    })
  }

  function look(run: Upload): void {
    const { rate, eta, queued, retries, waitingFor, bytesSent, bytesResumed, partsDone } = run.snapshot()
    Object.assign(
      now,
      { rate, queued, retries, secondsLeft: eta, waitingFor: waitingFor?.for },
      // Until then, it is what it was.
      isPlanned && { bytes: bytesSent, bytesResumed, partsDone, parts: parts.text() },
    )
  }

  /** A file that has changed is read as it is now, where the browser can. */
  async function again(anew: boolean): Promise<void> {
    if (!hasStopped(now.state)) return
    const file = await readAgain(kept.handle)
    // Meanwhile it may have been asked for once more, or cancelled.
    if (hasStopped(now.state)) queue(file && file !== 'ask' ? { file } : {}, anew)
  }

  async function drop(): Promise<void> {
    const { file, lastModified, key } = kept
    // The engine clears its journal, too.
    if (!upload && !restart && key && file?.lastModified === lastModified) start()
    if (upload) await upload.abort()
    else if (key) await ports.drop(kept)
  }

  return {
    now,
    /** As {@link now}, with what the upload knows. Looks the same: is the same object. */
    get item(): QueueItem {
      if (isDirty || !item) {
        isDirty = false
        if (upload) look(upload)
        Object.assign(now, { name: kept.name, size: kept.size })
        if (!item || !isSame(item, now)) item = { ...now }
      }
      return item
    },
    get kept(): Kept {
      return kept
    },
    ...{ set, keep, queue, wait, start },

    /** The server has so much of it. */
    hold: (bytes: number, partsDone: number) => set(isPlanned ? {} : { bytes, partsDone }),
    /** There was no room to remember it. */
    forgotten(): void {
      if (!now.note) set({ note: 'no-space-to-remember' })
    },
    /** Settles once nothing of it is under way, and its journal is free. */
    async stopped(): Promise<void> {
      await upload?.result
    },

    pause(): void {
      if (now.state === 'queued') set({ state: 'paused' })
      else upload?.pause()
      if (now.state === 'paused') keep({ paused: true })
    },
    resume(): void {
      if (now.state === 'paused' && upload) {
        upload.resume()
        keep({ paused: false })
      } else if (now.state === 'paused' || now.needs === 'click') queue()
    },
    /** A person let the file be read again; or it is gone. */
    give({ file }: { readonly file?: File | undefined }): void {
      if (now.needs !== 'permission') return
      if (file) queue({ file })
      else wait('file')
    },
    retry: () => again(false),
    restart: () => again(true),
    async cancel(): Promise<void> {
      if (isOver(now.state)) return
      const dropping = drop()
      set({ state: 'cancelling' })
      try {
        await dropping
        // Unless it was done before.
        if (!now.result) ports.remove(id)
      } catch {
        fail(NOT_DROPPED)
      }
    },
    /** By its id, also what did not come to its end: its parts are dropped if they can be. */
    remove(by: { readonly id?: string | undefined }): void {
      if (!isOver(now.state) && !(by.id && now.state === 'failed')) return
      ports.remove(id)
      if (now.state === 'failed') drop().catch(() => {})
    },
  }
}

const versionOf = ({ size, lastModified }: File) => ({ size, lastModified })

function isSame(a: QueueItem, b: QueueItem): boolean {
  return (Object.keys(b) as (keyof QueueItem)[]).every((key) => a[key] === b[key])
}
