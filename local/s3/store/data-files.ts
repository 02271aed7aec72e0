import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeStream } from './disk.ts'
import { type ObjectRecord, partFileName } from './records.ts'

const READ_BLOCK_BYTES = 1024 * 1024

/** Bytes of an object that stay on disk until `release`, whatever happens to the object meanwhile. */
export interface DataReader {
  /** @param start First byte. @param end One past the last byte. */
  read(start: number, end: number): AsyncGenerator<Buffer>
  release(): Promise<void>
}

interface Extent {
  path: string
  size: number
}

/** The bytes of a bucket's objects and parts: everything in here that no record names is garbage. */
export class DataFiles {
  readonly root: string
  readonly #dropParts: boolean
  readonly #readers = new Map<string, number>()
  readonly #doomed = new Set<string>()

  /** @param dropParts Parts keep their size, ETag and checksum, and lose their bytes. */
  constructor(root: string, dropParts: boolean) {
    this.root = root
    this.#dropParts = dropParts
  }

  path(...names: string[]): string {
    return join(this.root, ...names)
  }

  /** Stores an object's bytes under a new name, which is garbage until a record names it. */
  async write(bytes: AsyncIterable<Buffer>): Promise<{ data: string; size: number }> {
    const data = randomUUID()
    return { data, size: await writeStream(this.path(data), bytes, false) }
  }

  /** Stores a part's bytes at a temporary path of its upload's directory. */
  writePart(path: string, bytes: AsyncIterable<Buffer>): Promise<number> {
    return writeStream(path, bytes, this.#dropParts)
  }

  open(record: ObjectRecord): DataReader {
    const { data } = record
    this.#readers.set(data, (this.#readers.get(data) ?? 0) + 1)
    return {
      read: (start, end) => readExtents(this.#extents(record), start, end),
      release: () => this.#release(data),
    }
  }

  /** Removes the bytes as soon as nobody reads them. */
  async remove(data: string): Promise<void> {
    if (this.#readers.has(data)) this.#doomed.add(data)
    // A part may still arrive while its upload's directory goes: hence the retries.
    else await rm(this.path(data), { recursive: true, force: true, maxRetries: 5 })
  }

  async #release(data: string): Promise<void> {
    const readers = (this.#readers.get(data) ?? 1) - 1
    if (readers > 0) {
      this.#readers.set(data, readers)
      return
    }
    this.#readers.delete(data)
    if (this.#doomed.delete(data)) await this.remove(data)
  }

  #extents({ data, size, parts }: ObjectRecord): Extent[] {
    if (parts === undefined) return [{ path: this.path(data), size }]
    return parts.map((part) => ({ path: this.path(data, partFileName(part)), size: part.size }))
  }
}

async function* readExtents(extents: Extent[], start: number, end: number): AsyncGenerator<Buffer> {
  let offset = 0
  for (const { path, size } of extents) {
    const from = Math.max(start - offset, 0)
    const to = Math.min(end - offset, size)
    // A stream's `end` is inclusive.
    if (from < to)
      yield* createReadStream(path, { start: from, end: to - 1, highWaterMark: READ_BLOCK_BYTES })
    offset += size
    if (offset >= end) return
  }
}
