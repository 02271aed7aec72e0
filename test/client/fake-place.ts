import type { DownloadRecord, DownloadRecords } from '../../client/browser/download-records.ts'

/** A file as a browser hands it out: what is written to it goes to a copy, which takes its place when it is closed. */
export class FakePlace {
  readonly kind = 'file'
  readonly name: string
  /** `undefined`: there is none. */
  content: Buffer | undefined
  lastModified = 1
  /** Bytes that were copied so that more could be written. */
  copied = 0
  /** How often a copy took the file's place. */
  closed = 0
  /** Throws what the browser would, before a step. */
  trouble: (step: 'open' | 'write' | 'close' | 'read', bytes: number) => void = () => {}

  constructor(name = 'film.mov', content: Buffer | undefined = Buffer.alloc(0)) {
    this.name = name
    this.content = content
  }

  /** As the engine takes it. */
  get handle(): FileSystemFileHandle {
    return this as unknown as FileSystemFileHandle
  }

  /** As another program would. */
  edit(content: Buffer): void {
    this.content = content
    this.lastModified += 1
  }

  async isSameEntry(other: unknown): Promise<boolean> {
    return other === this
  }

  async getFile(): Promise<File> {
    this.trouble('read', 0)
    return new File([new Uint8Array(this.#there())], this.name, { lastModified: this.lastModified })
  }

  async remove(): Promise<void> {
    this.content = undefined
  }

  async createWritable({ keepExistingData = false } = {}) {
    this.trouble('open', 0)
    const there = this.#there()
    let swap = Buffer.from(keepExistingData ? there : Buffer.alloc(0))
    this.copied += swap.length
    let failed: unknown
    return {
      write: async ({ position, data }: { position: number; data: Uint8Array }) => {
        await null
        if (failed) throw failed
        try {
          this.trouble('write', position + data.length)
        } catch (error) {
          failed = error
          throw error
        }
        if (swap.length < position + data.length) {
          const longer = Buffer.alloc(position + data.length)
          swap.copy(longer)
          swap = longer
        }
        swap.set(data, position)
      },
      close: async () => {
        await null
        if (failed) throw failed
        this.trouble('close', 0)
        this.closed += 1
        this.edit(swap)
      },
      abort: async () => {},
    }
  }

  #there(): Buffer {
    if (!this.content) throw new DOMException('There is none.', 'NotFoundError')
    return this.content
  }
}

/** Copies what it is given, but for the file, as IndexedDB does. */
export function fakeRecords(): DownloadRecords & { readonly kept: Map<string, DownloadRecord> } {
  const kept = new Map<string, DownloadRecord>()
  return {
    kept,
    all: async () => [...kept.values()],
    put: async (record) => {
      const { place, ...rest } = record
      kept.set(record.id, { ...structuredClone(rest), place })
    },
    delete: async (id) => void kept.delete(id),
  }
}
