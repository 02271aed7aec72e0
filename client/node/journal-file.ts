import { constants } from 'node:fs'
import { access, type FileHandle, open, readFile, rename, rm, truncate } from 'node:fs/promises'
import { dirname } from 'node:path'
import { journalLines } from '../journal.ts'
import type { Journal } from '../ports.ts'
import { syncFolder } from './folder.ts'

const { O_WRONLY, O_APPEND, O_CREAT } = constants

/**
 * A journal in a file that only the caller may have open. It is made when there is something to write; its folder has to be
 * there. What could not be written is tried again with what comes next: the file is always a beginning of what was said.
 * @throws the file system's error where it cannot be read, set aside, or its torn tail not be cut off
 */
export async function openJournalFile(path: string): Promise<Journal> {
  const bytes = await readIfThere(path)
  const { entries, validBytes, damage } = journalLines.decode(bytes)
  let setAside: string | undefined
  if (damage !== undefined) {
    const aside = await moveAside(path)
    setAside = `Expected a journal in ${path}, got one that cannot be used: ${damage}. It is kept as ${aside}.`
  } else if (validBytes < bytes.length) await truncate(path, validBytes)

  const writer = new LineWriter(path, validBytes)
  return {
    entries,
    setAside,
    append: (entry, durable) => writer.append(journalLines.encode(entry), durable),
    clear: () => writer.clear(),
    close: () => writer.close(),
  }
}

interface Batch {
  readonly lines: Uint8Array[]
  durable: boolean
  readonly written: Promise<void>
}

/** Writes one thing after another. What is appended while the disk is busy goes there together. */
class LineWriter {
  readonly #path: string
  #handle: FileHandle | undefined
  /** Of whole lines in the file. */
  #bytes: number
  /** Whether there may be more in it than those. */
  #torn = false
  #folderSynced: boolean
  /** Lines that could not be written. */
  #owed: Uint8Array[] = []
  #batch: Batch | undefined
  #last: Promise<void> = Promise.resolve()

  constructor(path: string, bytes: number) {
    this.#path = path
    this.#bytes = bytes
    this.#folderSynced = bytes > 0
  }

  append(line: Uint8Array, durable: boolean): Promise<void> {
    this.#batch ??= this.#begin()
    this.#batch.lines.push(line)
    this.#batch.durable ||= durable
    return this.#batch.written
  }

  clear(): Promise<void> {
    this.#batch = undefined
    return this.#next(async () => {
      await this.#release()
      await rm(this.#path, { force: true })
      this.#bytes = 0
      this.#torn = false
      this.#folderSynced = false
      this.#owed = []
    })
  }

  close(): Promise<void> {
    this.#batch = undefined
    return this.#next(() => this.#release())
  }

  #begin(): Batch {
    const written = this.#next(() => {
      if (this.#batch === batch) this.#batch = undefined
      return this.#write(batch)
    })
    const batch: Batch = { lines: [], durable: false, written }
    return batch
  }

  #next(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => {})
    return done
  }

  async #write({ lines, durable }: Batch): Promise<void> {
    this.#owed.push(...lines)
    this.#handle ??= await open(this.#path, O_WRONLY | O_APPEND | O_CREAT, 0o600)
    if (this.#torn) await this.#cut(this.#handle)
    const bytes = Buffer.concat(this.#owed)
    try {
      await this.#handle.appendFile(bytes)
    } catch (error) {
      this.#torn = true
      await this.#cut(this.#handle).catch(() => {})
      throw error
    }
    this.#bytes += bytes.length
    this.#owed = []
    if (!durable) return
    await this.#handle.datasync()
    if (!this.#folderSynced) await syncFolder(dirname(this.#path))
    this.#folderSynced = true
  }

  /** A line that was written in part would break the next one. */
  async #cut(handle: FileHandle): Promise<void> {
    await handle.truncate(this.#bytes)
    this.#torn = false
  }

  async #release(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close()
  }
}

async function readIfThere(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Uint8Array()
    throw error
  }
}

/** Whoever wants to know what happened can still look. */
async function moveAside(path: string): Promise<string> {
  for (let number = 1; ; number++) {
    const aside = `${path}.unreadable-${number}`
    if (await isThere(aside)) continue
    await rename(path, aside)
    return aside
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
