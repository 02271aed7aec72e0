import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Removes what no record names any more, file after file, while the requests go on: a gigabyte can take a
 * second. Whatever is left at the end goes at the next start.
 */
export class Trash {
  #queue = Promise.resolve()
  #closed = false

  /** @param path A file, or a directory with files. */
  add(path: string): void {
    this.#queue = this.#queue
      .then(() => this.#remove(path))
      .catch((error: Error) => process.emitWarning(error))
  }

  /** Waits for the file at hand and leaves the others. */
  close(): Promise<void> {
    this.#closed = true
    return this.#queue
  }

  async #remove(path: string): Promise<void> {
    for (const name of await namesIn(path)) {
      if (!this.#closed) await rm(join(path, name), { force: true })
    }
    // A part may arrive while its upload's directory goes: hence the retries.
    if (!this.#closed) await rm(path, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Nothing, for a file or what is gone. */
async function namesIn(path: string): Promise<string[]> {
  try {
    return await readdir(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOTDIR' || error.code === 'ENOENT'))
      return []
    throw error
  }
}
