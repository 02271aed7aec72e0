import { createHash } from 'node:crypto'
import { type FileHandle, open, realpath, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { CrcAlgorithm } from '../../checksums/crc.ts'
import {
  type Begun,
  type DownloadEntry,
  type JournaledDownload,
  nothingHeld,
  reasonToRestart,
  type Wanted,
} from '../download-journal.ts'
import type { DownloadTarget } from '../download-ports.ts'
import { BusyError } from '../errors.ts'
import { BLOCK_BYTES } from './blocks.ts'
import { diskError } from './file-errors.ts'
import { ifThere, openOwn, whatIs, writeAll } from './files.ts'
import { createCrc } from './hashing.ts'
import type { LineFile } from './line-file.ts'
import { takeLock, type Unlock } from './lock.ts'
import {
  dropStrayJournal,
  journalPathOf,
  type OwnJournal,
  openOwnJournal,
  replayIfSound,
} from './part-journal.ts'
import { giveName, partPathOf, placeFor, syncNames } from './target.ts'

/** Bytes. So little is received again rather than put on the disk and written down piece by piece: each sync costs more than it. */
const SMALL_BYTES = 1024 * 1024

/**
 * `NAME.part` beside the file to be, with `NAME.part.journal`, for one process at a time. A file becomes `NAME` when it is whole.
 */
export class PartFile implements DownloadTarget {
  readonly path: string
  readonly #replace: boolean
  readonly #place: string
  readonly #part: string
  readonly #journal: LineFile<DownloadEntry>
  readonly #unlock: Unlock
  /** Whether the file was written to after its journal. */
  readonly #touched: boolean
  #handle: FileHandle | undefined
  /** The inode. */
  #file = ''
  #isSmall = false

  /**
   * @param path of the file to be
   * @param replace whether a file of that name may be replaced
   * @param locks the folder of locks
   * @throws {BusyError} where another download to the same place is under way
   * @throws {Error} where there can be no locks in that folder
   * @throws {FileExistsError} where there is a file of that name, unless it may be replaced
   * @throws {NotRegularFileError} where there is something else of that name
   * @throws {ForeignPartFileError} where there is a part file without a journal
   */
  static async claim(path: string, replace: boolean, locks: string): Promise<PartFile> {
    const place = await placeFor(path, replace).catch(async (error) => {
      await tidy(path, locks)
      throw error
    })
    const name = join(await realpath(dirname(place)), basename(place))
    const unlock = lockFor(name, locks)
    if (!unlock) {
      throw new BusyError(
        `Expected no other download to ${place}, found one under way. Wait for it, or choose another name.`,
      )
    }
    try {
      return new PartFile(path, replace, place, await openOwnJournal(partPathOf(place)), unlock)
    } catch (error) {
      unlock()
      throw diskError(error, place)
    }
  }

  private constructor(
    path: string,
    replace: boolean,
    place: string,
    { journal, touched }: OwnJournal,
    unlock: Unlock,
  ) {
    this.path = path
    this.#replace = replace
    this.#place = place
    this.#part = partPathOf(place)
    this.#journal = journal
    this.#touched = touched
    this.#unlock = unlock
  }

  async begin(wanted: Wanted): Promise<Begun> {
    this.#isSmall = wanted.size <= SMALL_BYTES
    const { entries, damage } = this.#journal
    const [then] = entries
    if (then?.type !== 'download') {
      return this.restart(wanted, damage === undefined ? undefined : `its journal is damaged, ${damage}`)
    }
    const reason = reasonToRestart(then, wanted) ?? (await this.#open(then))
    if (reason !== undefined) return this.restart(wanted, reason)
    const held = replayIfSound(then, entries)
    if (!held) return this.restart(wanted, 'its journal contradicts itself')
    if (this.#touched && !held.touched && held.spans.bytes > 0) {
      await this.#onDisk(() => this.#journal.append([{ type: 'touched' }]))
      held.touched = true
    }
    return { held, restarted: undefined }
  }

  async restart(wanted: Wanted, restarted: string | undefined): Promise<Begun> {
    this.#isSmall = wanted.size <= SMALL_BYTES
    const { entries, damage } = this.#journal
    const isFirst = !this.#handle && entries.length === 0 && damage === undefined
    try {
      await this.#handle?.close()
      this.#handle = undefined
      // In this order: a journal that spoke of the file's predecessor would be believed, and a file with an empty one is a stranger's.
      await rm(this.#part, { force: true })
      if (!isFirst) await syncNames(this.#part)
      await this.#journal.clear()
      const handle = await open(this.#part, 'wx+')
      this.#handle = handle
      await handle.truncate(wanted.size)
      this.#file = await fileOf(handle)
      if (!this.#isSmall) {
        await handle.sync()
        await syncNames(this.#part)
      }
      await this.#journal.append([{ type: 'download', ...wanted, file: this.#file }])
    } catch (error) {
      throw diskError(error, this.#place)
    }
    return { held: nothingHeld(wanted.algorithm), restarted }
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    await this.#onDisk((handle) => writeAll(handle, bytes, position))
  }

  async sync(): Promise<void> {
    if (this.#isSmall) return
    await this.#onDisk((handle) => handle.datasync())
  }

  async journal(entries: readonly DownloadEntry[]): Promise<void> {
    if (this.#isSmall) return
    await this.#onDisk(() => this.#journal.append(entries))
  }

  async crc(algorithm: CrcAlgorithm, start: number, end: number, signal: AbortSignal): Promise<Uint8Array> {
    const crc = createCrc(algorithm)
    await this.#read(start, end, (bytes) => crc.update(bytes), signal)
    return crc.digest()
  }

  async md5(start: number, end: number, signal: AbortSignal): Promise<string> {
    const md5 = createHash('md5')
    await this.#read(start, end, (bytes) => md5.update(bytes), signal)
    return md5.digest('hex')
  }

  /**
   * Puts everything on the disk, then gives the file its name.
   * @throws {FileExistsError} where another file took the name meanwhile, unless it may be replaced
   * @throws {NotRegularFileError} where something else did
   * @throws {BusyError} where the part file is another one by now
   */
  async finish(): Promise<void> {
    await this.#onDisk((handle) => handle.sync())
    // Another machine's process takes no notice of this one's lock.
    if (String((await whatIs(this.#part))?.ino) !== this.#file) {
      throw new BusyError(`Expected the file that was begun at ${this.#part}, found another. Begin again.`)
    }
    await giveName(this.#part, this.#place, this.#replace)
    await this.#removeJournal()
  }

  async drop(): Promise<void> {
    if (this.#handle) await rm(this.#part, { force: true })
    await this.#removeJournal()
  }

  async close(): Promise<void> {
    try {
      await this.#handle?.close()
      await this.#journal.close()
    } finally {
      this.#unlock()
    }
  }

  /** @returns why what is there is not what was begun */
  async #open({ file, size }: JournaledDownload): Promise<string | undefined> {
    const there = await whatIs(this.#part)
    const handle = there?.isFile() ? await ifThere(openOwn(this.#part)) : undefined
    this.#handle = handle
    this.#file = handle ? await fileOf(handle) : ''
    if (!handle || this.#file !== file) return 'the file that was begun is not there any more'
    const { size: found } = await handle.stat()
    return found === size ? undefined : `the file that was begun has ${found} bytes by now, and not ${size}`
  }

  async #read(
    start: number,
    end: number,
    onBytes: (bytes: Uint8Array) => unknown,
    signal: AbortSignal,
  ): Promise<void> {
    const block = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, end - start))
    await this.#onDisk(async (handle) => {
      for (let at = start; at < end; ) {
        signal.throwIfAborted()
        const { bytesRead } = await handle.read(block, 0, Math.min(block.length, end - at), at)
        if (bytesRead === 0) throw new Error(`Expected ${end} bytes in ${this.#part}, got ${at}.`)
        onBytes(block.subarray(0, bytesRead))
        at += bytesRead
      }
    })
  }

  async #removeJournal(): Promise<void> {
    await rm(journalPathOf(this.#part), { force: true })
    if (!this.#isSmall) await syncNames(this.#part)
  }

  async #onDisk(work: (handle: FileHandle) => Promise<void>): Promise<void> {
    if (!this.#handle) throw new Error('Expected a file that was begun, got none.')
    try {
      await work(this.#handle)
    } catch (error) {
      throw diskError(error, this.#place)
    }
  }
}

async function fileOf(handle: FileHandle): Promise<string> {
  return String((await handle.stat({ bigint: true })).ino)
}

/** A run that was killed once the file had its name has left its journal. What cannot be tidied stays. */
async function tidy(path: string, locks: string): Promise<void> {
  try {
    const unlock = lockFor(join(await realpath(dirname(path)), basename(path)), locks)
    if (unlock) await dropStrayJournal(partPathOf(path)).finally(unlock)
  } catch {}
}

function lockFor(name: string, locks: string): Unlock | undefined {
  try {
    return takeLock(locks, `download ${name}`)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Error(
      `Expected to keep locks in ${locks}, could not: ${reason}. Set PARTWAY_STATE to a folder that can be written.`,
      { cause },
    )
  }
}
