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
import { PlaceError } from '../place-error.ts'
import type { Clock } from '../ports.ts'
import { ChosenFile } from './chosen-file.ts'
import { type DownloadRecord, type DownloadRecords, isSame, recordOf } from './download-records.ts'
import { takeLock } from './journal.ts'

export interface FileTargetPorts {
  /** Of the API. */
  readonly endpoint: string
  readonly records: DownloadRecords
  /** `null` where the browser has none. */
  readonly locks: Pick<LockManager, 'request'> | null
  readonly clock: Clock
}

/** A download into a file that was chosen. What it has saved there is remembered, in the order of its checkpoints. */
export class FileTarget implements DownloadTarget {
  readonly path: string
  readonly #place: FileSystemFileHandle
  readonly #file: ChosenFile
  readonly #ports: FileTargetPorts
  readonly #id: string
  readonly #fileName: string
  readonly #unlock: (() => Promise<void>) | undefined
  readonly #known: DownloadRecord | undefined
  #entries: DownloadEntry[] = []
  #size = 0

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
    this.#file = new ChosenFile(place, ports.clock)
    this.#fileName = fileName
    this.#ports = ports
    this.#id = id
    this.#unlock = unlock
    this.#known = known
  }

  async begin(wanted: Wanted): Promise<Begun> {
    const known = this.#known
    const then = known?.entries[0]
    if (!known || then?.type !== 'download') return this.#anew(wanted, undefined)
    const isElsewhere = known.endpoint !== this.#ports.endpoint
    const reason = isElsewhere ? 'what is there is of another server' : reasonToRestart(then, wanted)
    const held = reason === undefined ? replayIfSound(then, known.entries) : undefined
    if (!held) return this.restart(wanted, reason ?? 'what is remembered of it contradicts itself')
    const file = await this.#file.look()
    if (file.size > wanted.size || !holds(file, held)) {
      return this.restart(wanted, 'the file that was begun is another by now')
    }
    this.#size = wanted.size
    this.#file.keep(known.stamp)
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

  write(bytes: Uint8Array, position: number): Promise<void> {
    return this.#file.write(bytes, position)
  }

  sync(): Promise<void> {
    return this.#file.save()
  }

  async journal(entries: readonly DownloadEntry[]): Promise<void> {
    this.#entries.push(...entries)
    const { stamp } = this.#file
    if (!stamp) return
    const { endpoint, records } = this.#ports
    // One that cannot be remembered can be received all the same.
    await records
      .put({
        ...{ id: this.#id, endpoint, place: this.#place, fileName: this.#fileName },
        ...{ entries: this.#entries, stamp, at: Date.now() },
      })
      .catch(() => {})
  }

  isDue(unsaved: number, saved: number): boolean {
    return this.#file.isDue(unsaved, saved)
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
    for await (const bytes of this.#file.read(start, end, signal)) crc.update(bytes)
    return crc.digest()
  }

  async md5(start: number, end: number, signal: AbortSignal): Promise<string> {
    const md5 = createMd5()
    for await (const bytes of this.#file.read(start, end, signal)) md5.update(bytes)
    return toHex(md5.digest())
  }

  /** @throws {IntegrityError} where somebody made it longer or shorter meanwhile */
  async finish(): Promise<void> {
    await this.#file.saveEvenNothing()
    const { size } = await this.#file.look()
    if (size !== this.#size) {
      throw new IntegrityError(`Expected ${this.#size} bytes in ${this.path}, got ${size}. Begin again.`)
    }
    await this.#ports.records.delete(this.#id).catch(() => {})
  }

  async drop(): Promise<void> {
    await this.#file.abandon()
    await this.#ports.records.delete(this.#id).catch(() => {})
    await this.#file.removeIfOurs()
  }

  async close(): Promise<void> {
    await this.#file.abandon()
    await this.#unlock?.()
  }

  async #anew(wanted: Wanted, restarted: string | undefined): Promise<Begun> {
    await this.#file.disown()
    this.#size = wanted.size
    this.#entries = [{ type: 'download', ...wanted, file: this.#id }]
    return { held: nothingHeld(wanted.algorithm), restarted }
  }
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
