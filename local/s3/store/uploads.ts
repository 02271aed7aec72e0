import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { S3Error } from '../errors.ts'
import { Completions } from './completions.ts'
import type { DataFiles } from './data-files.ts'
import { removeDurably, renameDurably, syncDirectory, temporaryPath, writeDurably } from './disk.ts'
import { KeyedLock } from './keyed-lock.ts'
import type { Objects, Precondition } from './objects.ts'
import {
  type ObjectRecord,
  parsePartFileName,
  partFileName,
  type StoredPart,
  type UploadRecord,
} from './records.ts'

const RECORD = 'upload.json'

/** A multipart upload under way: its record, and its parts by number. */
export interface Upload extends UploadRecord {
  parts: ReadonlyMap<number, StoredPart>
}

interface LiveUpload extends UploadRecord {
  parts: Map<number, StoredPart>
}

/** What a completion asks when its turn has come; each may throw to refuse it. */
export interface Completing {
  now(): number
  /** Makes the object's record out of the upload as it is then. */
  assemble(upload: Upload): Promise<ObjectRecord>
  precondition: Precondition
  /** Looks at the object that an earlier completion has made. */
  assertRepeated(record: ObjectRecord): void
}

/** The multipart uploads of a bucket: a directory under `data/` for each, with a record and the parts. */
export class Uploads {
  /** For whoever completes an upload once more. */
  readonly completions = new Completions()
  readonly #data: DataFiles
  readonly #objects: Objects
  readonly #live = new Map<string, LiveUpload>()
  readonly #lock = new KeyedLock()
  #created = 0

  constructor(data: DataFiles, objects: Objects) {
    this.#data = data
    this.#objects = objects
  }

  /** Finds the uploads under `data/` and removes all that neither an upload nor an object names. */
  async load(): Promise<void> {
    const owners = new Map([...this.#objects.all()].map((record) => [record.data, record]))
    for (const entry of await readdir(this.#data.root, { withFileTypes: true })) {
      const owner = owners.get(entry.name)
      const names = entry.isDirectory() ? await readdir(this.#data.path(entry.name)) : []
      if (owner?.completedAt !== undefined) this.completions.add(entry.name, owner)
      if (owner !== undefined) await this.#tidy(owner, names)
      else if (names.includes(RECORD)) this.#restore(entry.name, names)
      else this.#data.discard(entry.name)
    }
  }

  /** @throws S3Error `NoSuchUpload`; an upload id is good for its own key only. */
  get(key: string, uploadId: string): Upload {
    return this.#get(key, uploadId)
  }

  /** The uploads under way, in no order. */
  all(): Upload[] {
    return [...this.#live.values()]
  }

  async create(fields: Omit<UploadRecord, 'uploadId'>): Promise<Upload> {
    const uploadId = newUploadId(fields.initiated, this.#created++)
    const record: UploadRecord = { ...fields, uploadId }
    await mkdir(this.#data.path(uploadId))
    await writeDurably(this.#data.path(uploadId, RECORD), JSON.stringify(record))
    await syncDirectory(this.#data.root)
    const upload = { ...record, parts: new Map<number, StoredPart>() }
    this.#live.set(uploadId, upload)
    return upload
  }

  /**
   * Receives a part; on return it is durable and has replaced the one of its number.
   *
   * @param describe Runs when all bytes are there, and throws to refuse them.
   */
  async putPart(
    { key, uploadId }: Upload,
    bytes: AsyncIterable<Buffer>,
    describe: (size: number) => StoredPart,
  ): Promise<void> {
    const temporary = temporaryPath(this.#data.path(uploadId, 'part'))
    try {
      const described = describe(await this.#data.writePart(temporary, bytes))
      await this.#lock.run(uploadId, () => this.#publishPart(key, uploadId, temporary, described))
    } catch (error) {
      await rm(temporary, { force: true })
      // The upload ended, and its directory went, while the part was on its way.
      if (!this.#live.has(uploadId)) throw noSuchUpload(uploadId)
      throw error
    }
  }

  /**
   * Makes the upload an object: the record names the part files where they lie, nothing is copied.
   *
   * @returns The object; also where an earlier call has already made it.
   */
  complete(
    { key, uploadId }: Pick<UploadRecord, 'key' | 'uploadId'>,
    { assemble, assertRepeated, now, precondition }: Completing,
  ): Promise<ObjectRecord> {
    return this.#lock.run(uploadId, async () => {
      const before = this.completions.find(key, uploadId, now())
      if (before !== undefined) {
        assertRepeated(before)
        return before
      }
      const record = await assemble(this.get(key, uploadId))
      await this.#objects.put(record, precondition, async () => {
        this.#live.delete(uploadId)
        this.completions.add(uploadId, record)
        await this.#tidy(record, await readdir(this.#data.path(uploadId)))
      })
      return record
    })
  }

  /** @throws S3Error `NoSuchUpload` */
  abort(key: string, uploadId: string): Promise<void> {
    return this.#lock.run(uploadId, async () => {
      this.get(key, uploadId)
      await removeDurably(this.#data.path(uploadId, RECORD))
      this.#live.delete(uploadId)
      this.#data.discard(uploadId)
    })
  }

  #get(key: string, uploadId: string): LiveUpload {
    const upload = this.#live.get(uploadId)
    if (upload === undefined || upload.key !== key) throw noSuchUpload(uploadId)
    return upload
  }

  async #publishPart(key: string, uploadId: string, temporary: string, part: StoredPart): Promise<void> {
    const { parts } = this.#get(key, uploadId)
    const replaced = parts.get(part.partNumber)
    // After a crash between the rename and the removal, the later of the two files counts.
    const lastModified = Math.max(part.lastModified, (replaced?.lastModified ?? 0) + 1)
    const published = { ...part, lastModified }
    await renameDurably(temporary, this.#data.path(uploadId, partFileName(published)))
    parts.set(part.partNumber, published)
    if (replaced !== undefined) this.#data.discardPart(uploadId, partFileName(replaced))
  }

  #restore(uploadId: string, names: readonly string[]): void {
    const record = JSON.parse(readFileSync(this.#data.path(uploadId, RECORD), 'utf8')) as UploadRecord
    const parts = new Map<number, StoredPart>()
    const found = names.flatMap((name) => parsePartFileName(name) ?? [])
    for (const part of found.sort((a, b) => a.lastModified - b.lastModified)) parts.set(part.partNumber, part)
    this.#live.set(uploadId, { ...record, parts })
    this.#discardOthers(uploadId, names, [...parts.values()])
  }

  /** Leaves the files of the object's parts alone in its directory, which is an upload's no more. */
  async #tidy({ data, parts = [] }: ObjectRecord, names: readonly string[]): Promise<void> {
    this.#discardOthers(data, names, parts)
    if (names.includes(RECORD)) await removeDurably(this.#data.path(data, RECORD))
  }

  #discardOthers(uploadId: string, names: readonly string[], parts: readonly StoredPart[]): void {
    const kept = new Set([RECORD, ...parts.map(partFileName)])
    for (const name of names) if (!kept.has(name)) this.#data.discardPart(uploadId, name)
  }
}

export function noSuchUpload(uploadId: string): S3Error {
  return new S3Error('NoSuchUpload', undefined, { UploadId: uploadId })
}

/** Free of `/ + =`, and sorted by time, also within a millisecond. */
function newUploadId(time: number, sequence: number): string {
  const sorted = time.toString(16).padStart(12, '0') + sequence.toString(16).padStart(8, '0')
  return sorted + randomBytes(20).toString('hex')
}
