import { readFileSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256Hex } from '../../../signing/sigv4.ts'
import type { DataFiles } from './data-files.ts'
import { isTemporary, removeDurably, writeDurably } from './disk.ts'
import { KeyedLock } from './keyed-lock.ts'
import type { ObjectRecord } from './records.ts'
import { SortedMap } from './sorted-map.ts'

/** Looks at the object that is about to be replaced, and throws to leave it as it is. */
export type Precondition = (current: ObjectRecord | undefined) => void

/** The objects of a bucket: one record file for each, all of them in memory as well. */
export class Objects {
  readonly #directory: string
  readonly #data: DataFiles
  readonly #byKey = new SortedMap<ObjectRecord>()
  readonly #lock = new KeyedLock()

  constructor(directory: string, data: DataFiles) {
    this.#directory = directory
    this.#data = data
  }

  /** Reads every record, and removes what a crash has left. */
  async load(): Promise<void> {
    for (const name of await readdir(this.#directory)) {
      const path = join(this.#directory, name)
      if (isTemporary(name)) await rm(path)
      else this.#remember(JSON.parse(readFileSync(path, 'utf8')) as ObjectRecord)
    }
  }

  get(key: string): ObjectRecord | undefined {
    return this.#byKey.get(key)
  }

  /** The objects in no order. */
  all(): Iterable<ObjectRecord> {
    return this.#byKey.values()
  }

  /** The first object at or behind an order of `sorted-map.ts`. */
  seek(order: string): { order: string; value: ObjectRecord } | undefined {
    return this.#byKey.seek(order)
  }

  /**
   * Publishes an object whose bytes are already durable; on return the record is durable, too.
   *
   * @param published Runs before anybody else may touch the key.
   */
  put(record: ObjectRecord, precondition: Precondition, published?: () => Promise<void>): Promise<void> {
    return this.#lock.run(record.key, async () => {
      const current = this.get(record.key)
      precondition(current)
      await writeDurably(this.#path(record.key), JSON.stringify(record))
      this.#remember(record)
      await published?.()
      if (current !== undefined) this.#data.discard(current.data)
    })
  }

  /** @param condition The object that is there goes only if this holds for it. */
  delete(key: string, condition: (current: ObjectRecord) => boolean = () => true): Promise<void> {
    return this.#lock.run(key, async () => {
      const current = this.get(key)
      if (current === undefined || !condition(current)) return
      await removeDurably(this.#path(key))
      this.#byKey.delete(key)
      this.#data.discard(current.data)
    })
  }

  #remember(record: ObjectRecord): void {
    this.#byKey.set(record.key, record)
  }

  /** Keys may be anything, file names may not. */
  #path(key: string): string {
    return join(this.#directory, `${sha256Hex(key)}.json`)
  }
}
