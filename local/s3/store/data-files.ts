import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { syncDirectory, writeStream } from './disk.ts'
import { type ObjectRecord, partFileName } from './records.ts'
import type { Trash } from './trash.ts'

const READ_BLOCK_BYTES = 1024 * 1024

/** Bytes of an object that stay on disk until `release`, whatever happens to the object meanwhile. */
export interface DataReader {
  /** @param start First byte. @param end One past the last byte. */
  read(start: number, end: number): AsyncGenerator<Buffer>
  release(): void
}

export interface DataOptions {
  /** Parts keep their size, ETag and checksum, and lose their bytes. */
  dropParts: boolean
  trash: Trash
}

interface Extent {
  path: string
  size: number
}

/** The bytes of a bucket's objects and parts: everything in here that no record names is garbage. */
export class DataFiles {
  readonly root: string
  readonly #options: DataOptions
  readonly #readers = new Map<string, number>()
  readonly #doomed = new Set<string>()

  constructor(root: string, options: DataOptions) {
    this.root = root
    this.#options = options
  }

  path(...names: string[]): string {
    return join(this.root, ...names)
  }

  /** Stores an object's bytes under a new name, which is garbage until a record names it. */
  async write(bytes: AsyncIterable<Buffer>): Promise<{ data: string; size: number }> {
    const data = randomUUID()
    const size = await writeStream(this.path(data), bytes, false)
    await syncDirectory(this.root)
    return { data, size }
  }

  /** Stores a part's bytes at a temporary path of its upload's directory. */
  writePart(path: string, bytes: AsyncIterable<Buffer>): Promise<number> {
    return writeStream(path, bytes, this.#options.dropParts)
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
  discard(data: string): void {
    if (this.#readers.has(data)) this.#doomed.add(data)
    else this.#options.trash.add(this.path(data))
  }

  /** Removes a part's file, which nobody reads. */
  discardPart(uploadId: string, name: string): void {
    this.#options.trash.add(this.path(uploadId, name))
  }

  #release(data: string): void {
    const readers = (this.#readers.get(data) ?? 1) - 1
    if (readers > 0) {
      this.#readers.set(data, readers)
      return
    }
    this.#readers.delete(data)
    if (this.#doomed.delete(data)) this.discard(data)
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
