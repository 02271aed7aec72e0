import { type CrcAlgorithm, createCrc } from '../../checksums/crc.ts'
import { toHex } from '../../checksums/hex.ts'
import { createMd5 } from '../../checksums/md5.ts'
import {
  type Begun,
  type DownloadEntry,
  type Held,
  type JournaledDownload,
  nothingHeld,
  reasonToRestart,
  replayDownload,
  type Wanted,
} from '../download-journal.ts'
import type { DownloadTarget } from '../download-ports.ts'
import { IntegrityError } from '../errors.ts'
import { PlaceError, type PlaceReason } from '../place-error.ts'
import type { Clock } from '../ports.ts'
import type { DownloadRecord, DownloadRecords, FileStamp } from './download-records.ts'
import { takeLock } from './journal.ts'
import { BLOCK_BYTES } from './receive.ts'

/** Less is not worth a checkpoint, in bytes. */
const LEAST_BYTES = 64 * 1024 * 1024
/**
 * A checkpoint makes whoever writes next copy all that is there. So as much has to be new as this share of what was saved before, and
 * so many times longer has to be gone than copying that takes. Then copies cost three tenths of receiving at most where the link has a
 * tenth of the disk's speed, and one copy of all and a fifth where it is faster.
 */
const NEW_SHARE = 0.5
const WORK_PER_COPY = 5

/** How a browser calls what is wrong with a file. */
const REASONS: Readonly<Record<string, PlaceReason>> = {
  QuotaExceededError: 'no-space',
  NotAllowedError: 'not-allowed',
  SecurityError: 'not-allowed',
  NotFoundError: 'gone',
  NoModificationAllowedError: 'busy',
}

export interface FileTargetPorts {
  /** Of the API. */
  readonly endpoint: string
  readonly records: DownloadRecords
  /** `null` where the browser has none. */
  readonly locks: Pick<LockManager, 'request'> | null
  readonly clock: Clock
}

/**
 * A file that a person has chosen. What is written to it goes to a copy first, which takes its place when it is closed: so a checkpoint closes
 * it, and whoever writes next pays for another copy of all that is there.
 */
export class FileTarget implements DownloadTarget {
  readonly path: string
  readonly #place: FileSystemFileHandle
  readonly #ports: FileTargetPorts
  readonly #id: string
  readonly #fileName: string
  readonly #unlock: (() => Promise<void>) | undefined
  readonly #known: DownloadRecord | undefined
  #entries: DownloadEntry[] = []
  #size = 0
  /** Whether what is in the file is ours. */
  #isOurs = false
  #stamp: FileStamp | undefined
  #writable: Promise<FileSystemWritableFileStream> | undefined
  /** Reading and closing take turns: a file that is replaced meanwhile cannot be read. */
  #turn: Promise<unknown> = Promise.resolve()
  #savedAt: number
  #copyMsPerByte = 0

  /** @throws {PlaceError} where another download to the same file is under way */
  static async claim(
    place: FileSystemFileHandle,
    fileName: string,
    ports: FileTargetPorts,
  ): Promise<FileTarget> {
    const known = await recordOf(place, ports.records)
    const id = known?.id ?? crypto.randomUUID()
    const unlock = ports.locks ? await takeLock(ports.locks, `partway download ${id}`) : async () => {}
    if (!unlock) throw new PlaceError(place.name, 'busy')
    return new FileTarget(place, fileName, ports, id, unlock, known)
  }

  private constructor(
    place: FileSystemFileHandle,
    fileName: string,
    ports: FileTargetPorts,
    id: string,
    unlock: () => Promise<void>,
    known: DownloadRecord | undefined,
  ) {
    this.path = place.name
    this.#place = place
    this.#fileName = fileName
    this.#ports = ports
    this.#id = id
    this.#unlock = unlock
    this.#known = known
    this.#savedAt = ports.clock.now()
  }

  async begin(wanted: Wanted): Promise<Begun> {
    const known = this.#known
    const then = known?.entries[0]
    if (!known || then?.type !== 'download') return this.#anew(wanted, undefined)
    const isElsewhere = known.endpoint !== this.#ports.endpoint
    const reason = isElsewhere ? 'what is there is of another server' : reasonToRestart(then, wanted)
    const held = reason === undefined ? replayIfSound(then, known.entries) : undefined
    if (!held) return this.restart(wanted, reason ?? 'what is remembered of it contradicts itself')
    const file = await this.#file()
    if (file.size > wanted.size || !holds(file, held)) {
      return this.restart(wanted, 'the file that was begun is another by now')
    }
    this.#size = wanted.size
    this.#isOurs = true
    this.#stamp = known.stamp
    this.#entries = [...known.entries]
    if (!isSame(file, known.stamp) && !held.touched) {
      held.touched = true
      this.#entries.push({ type: 'touched' })
    }
    return { held, restarted: undefined }
  }

  async restart(wanted: Wanted, reason: string): Promise<Begun> {
    await this.#ports.records.delete(this.#id).catch(() => {})
    return this.#anew(wanted, reason)
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    // Never a part of a shared buffer: blocks are the receiver's own.
    const data = bytes as Uint8Array<ArrayBuffer>
    await this.#onDisk(async () => (await this.#open()).write({ type: 'write', position, data }))
  }

  /** What is open takes the file's place. */
  async sync(): Promise<void> {
    const opened = this.#writable
    if (!opened) return
    this.#writable = undefined
    await this.#onDisk(() =>
      this.#inTurn(async () => {
        await (await opened).close()
        this.#isOurs = true
        this.#stamp = stampOf(await this.#place.getFile())
        this.#savedAt = this.#ports.clock.now()
      }),
    )
  }

  async journal(entries: readonly DownloadEntry[]): Promise<void> {
    this.#entries.push(...entries)
    if (!this.#stamp) return
    const { endpoint, records } = this.#ports
    // One that cannot be remembered can be received all the same.
    await records
      .put({
        ...{ id: this.#id, endpoint, place: this.#place, fileName: this.#fileName },
        ...{ entries: this.#entries, stamp: this.#stamp, at: Date.now() },
      })
      .catch(() => {})
  }

  isDue(unsaved: number, saved: number): boolean {
    const sinceMs = this.#ports.clock.now() - this.#savedAt
    return (
      unsaved >= Math.max(LEAST_BYTES, saved * NEW_SHARE) &&
      sinceMs >= saved * this.#copyMsPerByte * WORK_PER_COPY
    )
  }

  /** Before the first of these, a page has still as long as the next one takes to come. */
  onLeaving(save: () => void): () => void {
    if (typeof document === 'undefined') return () => {}
    const types = ['beforeunload', 'pagehide', 'freeze']
    for (const type of types) addEventListener(type, save, true)
    return () => {
      for (const type of types) removeEventListener(type, save, true)
    }
  }

  async crc(algorithm: CrcAlgorithm, start: number, end: number, signal: AbortSignal): Promise<Uint8Array> {
    const crc = createCrc(algorithm)
    for await (const bytes of this.#read(start, end, signal)) crc.update(bytes)
    return crc.digest()
  }

  async md5(start: number, end: number, signal: AbortSignal): Promise<string> {
    const md5 = createMd5()
    for await (const bytes of this.#read(start, end, signal)) md5.update(bytes)
    return toHex(md5.digest())
  }

  /** @throws {IntegrityError} where somebody made it longer or shorter meanwhile */
  async finish(): Promise<void> {
    if (!this.#isOurs) {
      // An empty object, over what may be none.
      await this.#onDisk(() => this.#open())
      await this.sync()
    }
    const { size } = await this.#file()
    if (size !== this.#size) {
      throw new IntegrityError(`Expected ${this.#size} bytes in ${this.path}, got ${size}. Begin again.`)
    }
    await this.#ports.records.delete(this.#id).catch(() => {})
  }

  async drop(): Promise<void> {
    await this.#abandon()
    await this.#ports.records.delete(this.#id).catch(() => {})
    if (this.#isOurs) await removeFile(this.#place)
  }

  async close(): Promise<void> {
    await this.#abandon()
    await this.#unlock?.()
  }

  async #anew(wanted: Wanted, restarted: string | undefined): Promise<Begun> {
    await this.#abandon()
    this.#size = wanted.size
    this.#isOurs = false
    this.#stamp = undefined
    this.#entries = [{ type: 'download', ...wanted, file: this.#id }]
    return { held: nothingHeld(wanted.algorithm), restarted }
  }

  #open(): Promise<FileSystemWritableFileStream> {
    this.#writable ??= this.#inTurn(async () => {
      const { clock } = this.#ports
      const begun = clock.now()
      const options = { keepExistingData: this.#isOurs, mode: 'exclusive' }
      const writable = await this.#place.createWritable(options)
      if (this.#isOurs && this.#stamp) this.#copyMsPerByte = (clock.now() - begun) / (this.#stamp.size || 1)
      return writable
    })
    return this.#writable
  }

  /** What was written since the last checkpoint is not kept. */
  async #abandon(): Promise<void> {
    const writable = await this.#writable?.catch(() => undefined)
    this.#writable = undefined
    await writable?.abort().catch(() => {})
  }

  #file(): Promise<File> {
    return this.#onDisk(() => this.#place.getFile())
  }

  async *#read(start: number, end: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for (let at = start; at < end; at += BLOCK_BYTES) {
      signal.throwIfAborted()
      const last = Math.min(at + BLOCK_BYTES, end)
      const bytes = await this.#onDisk(() =>
        this.#inTurn(async () => (await this.#place.getFile()).slice(at, last).arrayBuffer()),
      )
      if (bytes.byteLength < last - at) {
        throw new IntegrityError(`Expected ${last} bytes in ${this.path}, got fewer. Begin again.`)
      }
      yield new Uint8Array(bytes)
    }
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => {})
    return done
  }

  /** @throws {PlaceError} */
  async #onDisk<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (cause) {
      if (!(cause instanceof DOMException) && !(cause instanceof TypeError)) throw cause
      throw new PlaceError(this.path, REASONS[cause.name] ?? 'failed', { cause })
    }
  }
}

/** What is remembered of a download to that file. */
export async function recordOf(
  place: FileSystemFileHandle,
  records: DownloadRecords,
): Promise<DownloadRecord | undefined> {
  for (const record of await records.all().catch(() => [])) {
    if (await place.isSameEntry(record.place)) return record
  }
  return undefined
}

/** Where the browser lets a page do so. */
export async function removeFile(place: FileSystemFileHandle & { remove?(): Promise<void> }): Promise<void> {
  await place.remove?.().catch(() => {})
}

export function isSame({ size, lastModified }: FileStamp, other: FileStamp): boolean {
  return size === other.size && lastModified === other.lastModified
}

function stampOf({ size, lastModified }: File): FileStamp {
  return { size, lastModified }
}

/** Whether the file is long enough. */
function holds({ size }: File, { spans }: Held): boolean {
  return [...spans].every(({ end }) => end <= size)
}

/** @returns `undefined` where it says something twice */
function replayIfSound(then: JournaledDownload, entries: readonly DownloadEntry[]): Held | undefined {
  try {
    return replayDownload(then, entries)
  } catch {
    return undefined
  }
}
