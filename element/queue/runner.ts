import type { BrowserClient, UploadOptions } from '../../client/browser/index.ts'
import type { Clock } from '../../client/ports.ts'
import { MAX_UPLOADS_PAGE } from '../../protocol/limits.ts'
import { hasStopped, isMoving, isOver } from '../item-states.ts'
import type { PickedFile, QueueItem, Refusal } from '../upload-queue.ts'
import { createEntry, type Entry, type EntryPorts } from './entry.ts'
import { createKeeper } from './keeper.ts'
import { type Kept, type KeptStorage, readAgain, type Told } from './kept.ts'
import { fileId, isChanged, isFor } from './matching.ts'
import type { Command } from './messages.ts'
import { indexedDbItems } from './storage.ts'

/** Files that begin by themselves. They share the client's lanes: more of them than lanes would only wait for one another. */
const FILES_AT_ONCE = 5

/** Nothing says that a rate has fallen to nothing: what moves is looked at so often. */
const LOOK_MS = 1_000

/** The server's list could not be had: so soon it is asked for again, then half as often each time, down to the second. */
const [LIST_AGAIN_MS, LIST_AT_LAST_MS] = [5_000, 300_000] as const

export interface RunnerOptions {
  readonly client: BrowserClient
  readonly endpoint: string
  options(): UploadOptions
  readonly clock: Clock
  /** `null`: nothing is remembered. @default the browser's */
  readonly storage?: KeptStorage | null | undefined
  /** @param urgent more than bytes that moved */
  onChange(urgent: boolean, id: string): void
}

export type Runner = ReturnType<typeof createRunner>

/** The list, in the tab that runs it: no other loads this. */
export function createRunner({
  client,
  endpoint,
  options,
  clock,
  storage = indexedDbItems(),
  onChange,
}: RunnerOptions) {
  const { api } = client
  let save: ReturnType<typeof createKeeper> | undefined
  /** Ids, of which there may be thousands: of those that changed, that move, whose turn is to come, that only the server told of. */
  const [touched, moving, queued, strangers] = Array.from({ length: 4 }, () => new Set<string>()) as Ids
  const entries = new Map<string, Entry>()
  const stop = new AbortController()
  const { signal } = stop
  let lastId = 0
  let isSettling = false
  let cancelLook: (() => void) | undefined
  let cancelList: (() => void) | undefined

  const ports: EntryPorts = {
    ...{ client, options, signal, drop },
    onChange(urgent, id) {
      const state = entries.get(id)?.now.state
      moving[state && isMoving(state) ? 'add' : 'delete'](id)
      queued[state === 'queued' ? 'add' : 'delete'](id)
      if (urgent) {
        touched.add(id)
        if (!isSettling) queueMicrotask(settle)
        isSettling = true
      }
      onChange(urgent, id)
    },
    onKey(id, key) {
      for (const other of strangers) if (other !== id && entries.get(other)?.kept.key === key) remove(other)
    },
    remove,
  }

  function put(kept: Kept, item?: QueueItem): Entry {
    const entry = createEntry(kept, ports, item)
    entries.set(kept.id, entry)
    if (kept.lastModified === undefined) strangers.add(kept.id)
    ports.onChange(true, kept.id)
    return entry
  }

  function fresh() {
    lastId = Math.max(lastId + 1, Date.now())
    return { id: String(lastId), endpoint }
  }

  function remove(id: string): void {
    entries.delete(id)
    strangers.delete(id)
    ports.onChange(true, id)
  }

  /** Begins what may begin, and remembers what is. */
  function settle(): void {
    isSettling = false
    if (signal.aborted) return
    save?.(touched)
    if (save) touched.clear()
    for (const id of queued) {
      if (moving.size >= FILES_AT_ONCE) break
      entries.get(id)?.start()
    }
    look()
  }

  function look(): void {
    if (cancelLook || moving.size === 0) return
    cancelLook = clock.after(LOOK_MS, () => {
      cancelLook = undefined
      for (const id of moving) entries.get(id)?.set({}, false)
      look()
    })
  }

  function add(files: readonly PickedFile[]): Refusal[] {
    const all = [...entries.values()].filter(({ now }) => !isOver(now.state) && now.state !== 'cancelling')
    const known = new Map(all.map((entry) => [fileId(entry.kept.name, entry.kept), entry]))
    const isWaiting = ({ now }: Entry) => now.needs || hasStopped(now.state)
    // A file that is the very one counts before one that may be it.
    const given = new Set(files.map(({ file, path = file.name }) => fileId(path, file)))
    const waiting = all.filter(({ kept }) => !given.has(fileId(kept.name, kept)))
    const refused: Refusal[] = []
    for (const { file, path = file.name, handle } of files) {
      const { size, lastModified } = file
      const entry =
        known.get(fileId(path, file)) ?? waiting.find((entry) => isWaiting(entry) && isFor(entry, path, file))
      if (!entry) {
        known.set(fileId(path, file), put({ ...fresh(), name: path, size, lastModified, file, handle }))
      } else if (isWaiting(entry)) {
        const { kept } = entry
        // It was said that this is sent as it is now. What only the server tells of can be that of a third file.
        const anew =
          isChanged(entry) &&
          (kept.lastModified === undefined
            ? kept.file?.lastModified === lastModified
            : kept.lastModified !== lastModified || kept.size !== size)
        entry.queue({ file, handle, name: kept.lastModified === undefined ? path : kept.name }, anew)
      } else if (entry.now.state === 'paused') entry.resume()
      else refused.push({ name: path, sentence: `${path} is on its way already.` })
    }
    return refused
  }

  async function* listed(details: boolean) {
    let cursor: string | undefined
    do {
      const page = await api.listUploads({ limit: MAX_UPLOADS_PAGE, cursor, details }, signal)
      yield* page.uploads
      cursor = page.next
    } while (cursor)
  }

  async function drop({ key = '', uploadId }: Pick<Kept, 'key' | 'uploadId'>): Promise<void> {
    if (uploadId) await api.abort({ key, uploadId }, signal)
    else for await (const upload of listed(false)) if (upload.key === key) await drop(upload)
  }

  /** Puts it on the list as it was left. @param item how it stood in the tab that ran it until now */
  async function recall(kept: Kept, item?: QueueItem): Promise<void> {
    lastId = Math.max(lastId, Number(kept.id))
    const entry = put(kept, item)
    if (item?.state === 'cancelling') return void entry.cancel()
    if (isOver(entry.now.state) || (kept.file && !/^(queued|unfinished)$/.test(entry.now.state))) return
    const file = kept.file ?? (await readAgain(kept.handle))
    if (!file || file === 'ask') return entry.wait(file ? 'permission' : 'file')
    if (!kept.paused) return entry.queue({ file })
    entry.keep({ file })
    entry.wait('click')
  }

  /** What is over needs no remembering, nor what the server remembers. */
  function toRemember(id: string): Kept | undefined {
    const { now, kept } = entries.get(id) ?? {}
    const isWanted = now && !isOver(now.state) && now.state !== 'cancelling'
    return isWanted && kept?.lastModified !== undefined ? kept : undefined
  }

  /**
   * Puts the caller's unfinished uploads that nobody here knows at the end. Where the server does not tell them, it does so later.
   * @param page tells of `online`
   */
  async function list(
    page: Pick<EventTarget, 'addEventListener'>,
    againMs: number = LIST_AGAIN_MS,
  ): Promise<void> {
    try {
      for await (const { key, uploadId, fileName: name, size = 0, parts = 0, bytes = 0 } of listed(true)) {
        let entry = [...entries.values()].find(({ kept }) => kept.key === key)
        if (entry) entry.keep({ uploadId })
        // With nothing there, such as of one that was cancelled while it was initiated, there is nothing to go on with.
        else if (parts) {
          entry = put({ ...fresh(), name, size, key, uploadId })
          entry.wait('file')
        }
        entry?.hold(bytes, parts)
      }
    } catch {
      if (signal.aborted) return
      const online = new AbortController()
      const again = () => {
        online.abort()
        cancelList?.()
        void list(page, Math.min(2 * againMs, LIST_AT_LAST_MS))
      }
      cancelList = clock.after(againMs, again)
      page.addEventListener('online', again, { signal: online.signal })
    }
  }

  return {
    entries,

    /**
     * @param told what the tab that ran the list until now said of each item
     * @param before what was told in this page before it was left and came back: Files of it can still be read
     */
    async begin(told: ReadonlyMap<string, Told>, before: ReadonlyMap<string, Told>): Promise<void> {
      const all = (await storage?.load().catch(() => [])) ?? []
      const found = all.filter((kept) => kept.endpoint === endpoint)
      const byId = new Map(found.map((kept) => [kept.id, kept]))
      // What another tab knew can be newer than what is stored, and its Files need no asking.
      for (const [id, { kept }] of told) if (kept) byId.set(id, { ...byId.get(id), ...kept })
      // Ids are times, in digits.
      const inOrder = [...byId.values()].sort((a, b) => Number(a.id) - Number(b.id))
      const withFiles = inOrder.map((kept) => ({ ...kept, file: kept.file ?? aliveFile(kept, before) }))
      await Promise.all(withFiles.map((kept) => recall(kept, told.get(kept.id)?.item)))
      if (storage && !signal.aborted) {
        save = createKeeper(storage, found, toRemember, (id) => entries.get(id)?.forgotten())
        save(touched)
      }
    },

    /** @returns what was not taken */
    perform(command: Command): Refusal[] {
      const refused = command.do === 'add' ? add(command.files) : []
      if (command.do !== 'add') {
        for (const entry of command.id ? [entries.get(command.id)] : [...entries.values()])
          if (entry && entry.now.state !== 'cancelling') void entry[command.do](command)
      }
      return refused
    },

    list,

    /** What is under way stops, and is kept. @returns once others can go on with it */
    async stop(): Promise<void> {
      stop.abort()
      save = undefined
      cancelLook?.()
      cancelList?.()
      await Promise.allSettled([...entries.values()].map((entry) => entry.stopped()))
    },
  }
}

/** The file that an item was begun with, where this page had it. */
function aliveFile({ id, size, lastModified }: Kept, before: ReadonlyMap<string, Told>): File | undefined {
  const file = before.get(id)?.kept?.file
  return file?.size === size && file.lastModified === lastModified ? file : undefined
}

type Ids = [Set<string>, Set<string>, Set<string>, Set<string>]
