import { readFileSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { CorsRule } from '../cors.ts'
import type { LifecycleRule } from '../lifecycle.ts'
import { DataFiles, type DataOptions } from './data-files.ts'
import { isTemporary, syncDirectory, writeDurably } from './disk.ts'
import { Objects } from './objects.ts'
import { Uploads } from './uploads.ts'

const RECORD = 'bucket.json'

/** A bucket's settings, as its record on disk holds them. */
export interface BucketRecord {
  name: string
  /** In milliseconds since 1970. */
  created: number
  cors?: CorsRule[] | undefined
  lifecycle?: LifecycleRule[] | undefined
}

/** A directory: `bucket.json`, the objects' records in `objects/`, all bytes in `data/`. */
export class Bucket {
  readonly data: DataFiles
  readonly objects: Objects
  readonly uploads: Uploads
  readonly #directory: string
  #record: BucketRecord

  private constructor(directory: string, record: BucketRecord, options: DataOptions) {
    this.#directory = directory
    this.#record = record
    this.data = new DataFiles(join(directory, 'data'), options)
    this.objects = new Objects(join(directory, 'objects'), this.data)
    this.uploads = new Uploads(this.data, this.objects)
  }

  get record(): Readonly<BucketRecord> {
    return this.#record
  }

  static async create(directory: string, record: BucketRecord, options: DataOptions): Promise<Bucket> {
    await mkdir(join(directory, 'objects'), { recursive: true })
    await mkdir(join(directory, 'data'), { recursive: true })
    await writeDurably(join(directory, RECORD), JSON.stringify(record))
    await syncDirectory(join(directory, '..'))
    return new Bucket(directory, record, options)
  }

  /** @returns `undefined` for a bucket whose creation a crash has cut short; it is gone then. */
  static async load(directory: string, options: DataOptions): Promise<Bucket | undefined> {
    const names = await readdir(directory)
    if (!names.includes(RECORD)) {
      await rm(directory, { recursive: true })
      return undefined
    }
    for (const name of names.filter(isTemporary)) await rm(join(directory, name))
    const record = JSON.parse(readFileSync(join(directory, RECORD), 'utf8')) as BucketRecord
    const bucket = new Bucket(directory, record, options)
    await bucket.objects.load()
    await bucket.uploads.load()
    return bucket
  }

  /** Changes settings; on return they are durable. */
  async configure(settings: Pick<BucketRecord, 'cors' | 'lifecycle'>): Promise<void> {
    const record = { ...this.#record, ...settings }
    await writeDurably(join(this.#directory, RECORD), JSON.stringify(record))
    this.#record = record
  }
}
