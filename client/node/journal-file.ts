import { constants } from 'node:fs'
import { type FileHandle, open, readFile, rename, rm, truncate } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Appender } from '../appender.ts'
import { journalLines } from '../journal-lines.ts'
import type { Journal } from '../ports.ts'
import { ifThere, whatIs } from './files.ts'
import { syncFolder } from './folder.ts'

const { O_WRONLY, O_APPEND, O_CREAT } = constants

/**
 * A journal in a file that only the caller may have open. It is made when there is something to write; its folder has to be
 * there.
 * @throws the file system's error where it cannot be read, set aside, or its torn tail not be cut off
 */
export async function openJournalFile(path: string): Promise<Journal> {
  const bytes = (await ifThere(readFile(path))) ?? new Uint8Array()
  const { entries, validBytes, damage } = journalLines.decode(bytes)
  let setAside: string | undefined
  if (damage !== undefined) {
    const aside = await moveAside(path)
    setAside = `Expected a journal in ${path}, got one that cannot be used: ${damage}. It is kept as ${aside}.`
  } else if (validBytes < bytes.length) await truncate(path, validBytes)

  const file = new GrowingFile(path, validBytes)
  const appender = new Appender((lines, durable) => file.write(Buffer.concat(lines), durable))
  return {
    entries,
    setAside,
    append: (entry, durable) => appender.append(journalLines.encode(entry), durable),
    clear: () => appender.after(() => file.remove()),
    close: () => appender.end(() => file.close()),
  }
}

/** Takes whole lines only: what is in it of one that did not fit is cut off again. */
class GrowingFile {
  readonly #path: string
  #handle: FileHandle | undefined
  /** Of whole lines. */
  #bytes: number
  /** Whether there may be more in it than those. */
  #torn = false
  /** Whether the disk knows that there is such a file. */
  #listed: boolean

  constructor(path: string, bytes: number) {
    this.#path = path
    this.#bytes = bytes
    this.#listed = bytes > 0
  }

  async write(bytes: Uint8Array, durable: boolean): Promise<void> {
    this.#handle ??= await open(this.#path, O_WRONLY | O_APPEND | O_CREAT, 0o600)
    if (this.#torn) await this.#cut(this.#handle)
    this.#torn = true
    try {
      await this.#handle.appendFile(bytes)
    } catch (error) {
      await this.#cut(this.#handle).catch(() => {})
      throw error
    }
    if (durable) await this.#sync(this.#handle)
    this.#torn = false
    this.#bytes += bytes.length
  }

  async remove(): Promise<void> {
    await this.close()
    await rm(this.#path, { force: true })
    this.#bytes = 0
    this.#torn = false
    this.#listed = false
  }

  async close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close()
  }

  async #sync(handle: FileHandle): Promise<void> {
    await handle.datasync()
    if (!this.#listed) await syncFolder(dirname(this.#path))
    this.#listed = true
  }

  async #cut(handle: FileHandle): Promise<void> {
    await handle.truncate(this.#bytes)
    this.#torn = false
  }
}

/** Whoever wants to know what happened can still look. */
async function moveAside(path: string): Promise<string> {
  for (let number = 1; ; number++) {
    const aside = `${path}.unreadable-${number}`
    if (await whatIs(aside)) continue
    await rename(path, aside)
    return aside
  }
}
