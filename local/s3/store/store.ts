import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { S3Error } from '../errors.ts'
import { Bucket } from './bucket.ts'
import type { DataOptions } from './data-files.ts'
import { KeyedLock } from './keyed-lock.ts'
import { Trash } from './trash.ts'

/** All buckets of an endpoint. One process at a time may use a directory. */
export class Store {
  readonly #directory: string
  readonly #options: DataOptions
  readonly #buckets = new Map<string, Bucket>()
  readonly #lock = new KeyedLock()

  private constructor(directory: string, options: DataOptions) {
    this.#directory = directory
    this.#options = options
  }

  /** Reads what is there, and removes whatever an earlier process began and did not acknowledge. */
  static async open(dataDir: string, { dropParts }: Pick<DataOptions, 'dropParts'>): Promise<Store> {
    const options = { dropParts, trash: new Trash() }
    const store = new Store(join(dataDir, 'buckets'), options)
    await mkdir(store.#directory, { recursive: true })
    for (const name of await readdir(store.#directory)) {
      const bucket = await Bucket.load(join(store.#directory, name), options)
      if (bucket !== undefined) store.#buckets.set(name, bucket)
    }
    return store
  }

  /** In alphabetical order. */
  buckets(): Bucket[] {
    return [...this.#buckets.values()].sort((a, b) => (a.record.name < b.record.name ? -1 : 1))
  }

  find(name: string): Bucket | undefined {
    return this.#buckets.get(name)
  }

  /** @throws S3Error `NoSuchBucket` */
  get(name: string): Bucket {
    const bucket = this.find(name)
    if (bucket === undefined) throw new S3Error('NoSuchBucket', undefined, { BucketName: name })
    return bucket
  }

  /** @throws S3Error `BucketAlreadyOwnedByYou` */
  create(name: string, created: number): Promise<void> {
    return this.#lock.run(name, async () => {
      if (this.#buckets.has(name)) {
        throw new S3Error('BucketAlreadyOwnedByYou', undefined, { BucketName: name })
      }
      const directory = join(this.#directory, name)
      this.#buckets.set(name, await Bucket.create(directory, { name, created }, this.#options))
    })
  }

  /** Stops removing what is garbage. */
  close(): Promise<void> {
    return this.#options.trash.close()
  }
}
