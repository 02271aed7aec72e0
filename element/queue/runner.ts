import type { BrowserClient, UploadOptions } from '../../client/browser/index.ts'
import type { Clock } from '../../client/ports.ts'
import { MAX_UPLOADS_PAGE } from '../../protocol/limits.ts'
import { safeFileName } from '../../protocol/object-key.ts'
import { hasStopped, isMoving, isOver } from '../item-states.ts'
import type { PickedFile, Problem, QueueItem, Refusal } from '../upload-queue.ts'
import { Entry, type EntryPorts } from './entry.ts'
import type { Kept } from './kept.ts'
import { refuse } from './refusals.ts'

/** Files that begin by themselves. They share the client's lanes: more of them than lanes would only wait for one another. */
const FILES_AT_ONCE = 5

/** Nothing says that a rate has fallen to nothing: what moves is looked at so often. */
const LOOK_MS = 1_000

const NOT_DROPPED: Problem = {
  code: 'not-dropped',
  sentence:
    'The server could not be told to drop what had arrived. It removes that by itself after some days.',
  action: 'remove',
}

/** What a person asks for, in whatever tab. */
export type Command =
  | { readonly do: 'add'; readonly files: readonly PickedFile[] }
  /** The browser lets the file be read again, or says that it is gone. */
  | { readonly do: 'give'; readonly id: string; readonly file: File | undefined }
  | {
      readonly do: 'pause' | 'resume' | 'retry' | 'restart' | 'cancel' | 'remove'
      readonly id?: string | undefined
    }

export interface RunnerOptions {
  readonly client: BrowserClient
  readonly endpoint: string
  options(): UploadOptions
  readonly clock: Clock
  /** @param urgent more than bytes that moved */
  onChange(urgent: boolean): void
}

/** The list, in the tab that runs it. */
export class Runner {
  readonly entries = new Map<string, Entry>()
  readonly #options: RunnerOptions
  readonly #stop = new AbortController()
  readonly #ports: EntryPorts
  #lastId = 0
  #settling = false
  #cancelLook: (() => void) | undefined

  constructor(options: RunnerOptions) {
    this.#options = options
    const { client } = options
    this.#ports = {
      client,
      options: options.options,
      signal: this.#stop.signal,
      onChange: (urgent) => {
        if (urgent) this.#settle()
        options.onChange(urgent)
      },
      drop: (key, uploadId) => this.#drop(key, uploadId),
    }
  }

  /** Puts it on the list as it was left. @param item how it stood in the tab that ran it until now */
  async recall(kept: Kept, item?: QueueItem): Promise<void> {
    this.#lastId = Math.max(this.#lastId, Number(kept.id) || 0)
    const entry = new Entry(kept, this.#ports, item)
    this.entries.set(kept.id, entry)
    if (item?.state === 'cancelling') void this.#cancel(entry)
    if (isOver(entry.state) || (kept.file && !/^(queued|unfinished)$/.test(entry.state))) return
    const file = kept.file ?? (await readAgain(kept.handle))
    if (file === 'ask') entry.wait('permission')
    else if (!file) entry.wait('file')
    else if (!kept.paused) entry.queue({ file })
    else {
      entry.keep({ file })
      entry.wait('click')
    }
  }

  /** @returns what was not taken */
  perform(command: Command): Refusal[] {
    if (command.do === 'add') return this.#add(command.files)
    const { id } = command
    const meant =
      id === undefined ? [...this.entries.values()] : [this.entries.get(id)].flatMap((e) => e ?? [])
    for (const entry of meant) {
      if (entry.state === 'cancelling') continue
      if (command.do === 'pause') entry.pause()
      else if (command.do === 'resume') entry.resume()
      else if (command.do === 'give') this.#give(entry, command.file)
      else if (command.do === 'cancel') void this.#cancel(entry)
      else if (command.do === 'remove') this.#remove(entry, id !== undefined)
      else if (hasStopped(entry.state) || command.do === 'restart')
        void this.#again(entry, command.do === 'restart')
    }
    this.#ports.onChange(true)
    return []
  }

  /**
   * Puts the caller's unfinished uploads that nobody here knows at the end.
   * @throws {PartwayError} where the server could not tell
   */
  async list(): Promise<void> {
    for await (const { key, uploadId, fileName, size = 0, parts = 0, bytes = 0 } of this.#listed(true)) {
      let entry = this.#byKey(key)
      if (!entry) {
        const kept = {
          id: this.#newId(),
          endpoint: this.#options.endpoint,
          name: fileName,
          size,
          key,
          uploadId,
        }
        entry = new Entry(kept, this.#ports)
        this.entries.set(kept.id, entry)
        entry.wait('file')
      } else entry.keep({ uploadId })
      entry.hold(bytes, parts)
    }
  }

  /** What is under way stops, and is kept. @returns once others can go on with it */
  async stop(): Promise<void> {
    this.#stop.abort()
    this.#cancelLook?.()
    await Promise.allSettled([...this.entries.values()].map((entry) => entry.stopped()))
  }

  #add(files: readonly PickedFile[]): Refusal[] {
    const all = [...this.entries.values()].filter(({ state }) => !isOver(state) && state !== 'cancelling')
    const known = new Map(all.map((entry) => [fileId(entry.kept.name, entry.kept), entry]))
    const waiting = all.filter(({ needs, state }) => needs || hasStopped(state))
    const refused: Refusal[] = []
    for (const { file, path = file.name, handle } of files) {
      const entry = known.get(fileId(path, file)) ?? waiting.find((entry) => isFor(entry, path, file))
      if (entry && (entry.needs || hasStopped(entry.state))) {
        const { name, lastModified, size } = entry.kept
        const restart = isChanged(entry) && (file.size !== size || file.lastModified !== lastModified)
        entry.queue({ file, handle, name: lastModified === undefined ? path : name }, restart)
      } else if (entry?.state === 'paused') entry.resume()
      else if (entry) refused.push(refuse(path, 'is on its way already.'))
      else {
        const { size, lastModified } = file
        const kept = {
          id: this.#newId(),
          endpoint: this.#options.endpoint,
          name: path,
          size,
          lastModified,
          file,
          handle,
        }
        const added = new Entry(kept, this.#ports)
        this.entries.set(kept.id, added)
        known.set(fileId(path, file), added)
      }
    }
    this.#ports.onChange(true)
    return refused
  }

  #give(entry: Entry, file: File | undefined): void {
    if (entry.needs !== 'permission') return
    if (file) entry.queue({ file })
    else entry.wait('file')
  }

  /** After a failure. A file that has changed is read as it is now, where the browser can. */
  async #again(entry: Entry, restart: boolean): Promise<void> {
    const { handle } = entry.kept
    const file = handle && (await readAgain(handle))
    entry.queue(file && file !== 'ask' ? { file } : {}, restart)
  }

  async #cancel(entry: Entry): Promise<void> {
    if (isOver(entry.state)) return
    entry.cancelling = true
    entry.changed()
    try {
      await entry.drop()
      entry.cancelling = false
      if (!entry.item.result) this.entries.delete(entry.kept.id)
    } catch {
      entry.cancelling = false
      entry.problem = NOT_DROPPED
    }
    entry.changed()
  }

  /** @param named what did not come to its end, too: what arrived of it is dropped, if it can be */
  #remove(entry: Entry, named: boolean): void {
    if (!isOver(entry.state) && !(named && entry.state === 'failed')) return
    this.entries.delete(entry.kept.id)
    if (entry.state === 'failed') entry.drop().catch(() => {})
  }

  #settle(): void {
    if (this.#settling) return
    this.#settling = true
    queueMicrotask(() => {
      this.#settling = false
      if (this.#stop.signal.aborted) return
      this.#forgetTwins()
      const entries = [...this.entries.values()]
      let free = FILES_AT_ONCE - entries.filter(({ state }) => isMoving(state)).length
      for (const entry of entries) {
        if (free <= 0) break
        if (entry.state !== 'queued') continue
        entry.start()
        free--
      }
      this.#look()
    })
  }

  /** What the server told of, and what turned out to be the same upload. */
  #forgetTwins(): void {
    const begun = new Set<string | undefined>()
    for (const { kept } of this.entries.values()) if (kept.lastModified !== undefined) begun.add(kept.key)
    for (const [id, { kept }] of this.entries) {
      if (kept.lastModified === undefined && begun.has(kept.key)) this.entries.delete(id)
    }
  }

  #look(): void {
    const moving = () => [...this.entries.values()].filter(({ state }) => isMoving(state))
    if (this.#cancelLook || moving().length === 0) return
    this.#cancelLook = this.#options.clock.after(LOOK_MS, () => {
      this.#cancelLook = undefined
      for (const entry of moving()) entry.changed(false)
      this.#look()
    })
  }

  async *#listed(details: boolean) {
    const { api } = this.#options.client
    let cursor: string | undefined
    do {
      const page = await api.listUploads({ limit: MAX_UPLOADS_PAGE, cursor, details }, this.#stop.signal)
      yield* page.uploads
      cursor = page.next
    } while (cursor !== undefined)
  }

  async #drop(key: string, uploadId: string | undefined): Promise<void> {
    const { api } = this.#options.client
    if (uploadId) return api.abort({ key, uploadId }, this.#stop.signal)
    for await (const upload of this.#listed(false))
      if (upload.key === key) await this.#drop(key, upload.uploadId)
  }

  #byKey(key: string): Entry | undefined {
    return [...this.entries.values()].find(({ kept }) => kept.key === key)
  }

  #newId(): string {
    this.#lastId = Math.max(this.#lastId + 1, Date.now())
    return String(this.#lastId)
  }
}

/** Reading is allowed until the page is left; then a person may have to be asked. */
interface Permissions {
  queryPermission(): Promise<PermissionState>
}

/** @returns `'ask'` where only a person can allow it */
async function readAgain(handle: FileSystemFileHandle | undefined): Promise<File | 'ask' | undefined> {
  try {
    const state = await (handle as Partial<Permissions> | undefined)?.queryPermission?.()
    return state === 'prompt' ? 'ask' : await handle?.getFile()
  } catch {
    return undefined
  }
}

const fileId = (name: string, { size, lastModified }: Pick<Kept, 'size' | 'lastModified'>) =>
  `${name} ${size} ${lastModified}`

const isChanged = ({ problem }: Entry) => /^file-(changed|gone)$/.test(problem?.code ?? '')

/** Whether the item waits for this file, or for one that is as much like it as can be told without reading. */
function isFor(entry: Entry, path: string, file: File): boolean {
  const { name, size, lastModified } = entry.kept
  if (size !== file.size && !isChanged(entry)) return false
  if (lastModified === undefined)
    return [path, file.name].some((other) => safeFileName(other) === safeFileName(name))
  return name === path || name.endsWith(`/${file.name}`)
}
