import type { BigIntStats } from 'node:fs'
import { type FileHandle, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { SourceChangedError } from '../errors.ts'
import { compareIdentity } from '../identity.ts'
import type { Identity } from '../ports.ts'

/**
 * File systems stamp times by the kernel's tick, 10 ms at most: of two edits within one, the second does not show. So a file
 * that was written just now is looked at once more after that, and whatever happens to it later has another time.
 */
const TICK_MS = 20
/** Of a file that is written all the time there is no moment to wait for; that it changes will show. */
const MAX_LOOKS = 10

/** Watches one file: the one that is open, and the one at its path. */
export class FileIdentity {
  readonly #name: string
  readonly #path: string
  readonly #handle: FileHandle
  #current: Identity

  /** @param seen how the handle was a moment ago */
  static async of(name: string, path: string, handle: FileHandle, seen: BigIntStats): Promise<FileIdentity> {
    return new FileIdentity(name, path, handle, identityOf(await settledStat(handle, seen)))
  }

  private constructor(name: string, path: string, handle: FileHandle, current: Identity) {
    this.#name = name
    this.#path = path
    this.#handle = handle
    this.#current = current
  }

  get current(): Identity {
    return this.#current
  }

  /**
   * @returns `touched` once for each time that it was; it counts as it is from then on
   * @throws {SourceChangedError} where it has changed, or another file, or none, is at its path
   */
  async verify(): Promise<'same' | 'touched'> {
    const seen = [await this.#statPath(), await this.#handle.stat({ bigint: true })]
    if (seen.every((stats) => this.#compare(stats) === 'same')) return 'same'
    const settled = await settledStat(this.#handle, await this.#handle.stat({ bigint: true }))
    if (this.#compare(settled) === 'same') return 'same'
    this.#current = identityOf(settled)
    return 'touched'
  }

  #compare(stats: BigIntStats): 'same' | 'touched' {
    return compareIdentity(this.#name, this.#current, identityOf(stats))
  }

  /** What is open can still be read when it has no name any more; but whoever removed it does not want it sent. */
  async #statPath(): Promise<BigIntStats> {
    try {
      return await stat(this.#path, { bigint: true })
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      if (code !== 'ENOENT' && code !== 'ENOTDIR') throw cause
      throw new SourceChangedError(
        `Expected ${this.#name} where it was, got no file there. Put it back, then upload again.`,
        { cause },
      )
    }
  }
}

async function settledStat(handle: FileHandle, seen: BigIntStats): Promise<BigIntStats> {
  let stats = seen
  for (let look = 1; look < MAX_LOOKS; look++) {
    const age = Date.now() - Number(stats.ctimeNs / 1_000_000n)
    if (age < 0 || age >= TICK_MS) break
    await sleep(TICK_MS - age)
    stats = await handle.stat({ bigint: true })
  }
  return stats
}

function identityOf({ size, mtimeNs, ctimeNs, ino }: BigIntStats): Identity {
  return { size: String(size), changed: timeOf(mtimeNs), touched: timeOf(ctimeNs), inode: String(ino) }
}

/** To the nanosecond, and readable: it stands in the message when it differs. */
function timeOf(nanoseconds: bigint): string {
  const seconds = new Date(Number(nanoseconds / 1_000_000_000n) * 1000).toISOString().slice(0, 19)
  return `${seconds}.${String(nanoseconds % 1_000_000_000n).padStart(9, '0')}Z`
}
