import type { ObjectRecord } from './records.ts'

/** How long a repeated CompleteMultipartUpload succeeds. S3 keeps it for some minutes, too. */
const MEMORY_MS = 10 * 60 * 1000

/** What became of the uploads that were completed not long ago. The objects' records outlive a restart. */
export class Completions {
  readonly #records = new Map<string, ObjectRecord>()

  add(uploadId: string, record: ObjectRecord): void {
    this.#records.set(uploadId, record)
  }

  find(key: string, uploadId: string, now: number): ObjectRecord | undefined {
    const record = this.#records.get(uploadId)
    return record?.key === key && isRecent(record, now) ? record : undefined
  }

  /** Drops what nobody can find any more. */
  forget(now: number): void {
    for (const [uploadId, record] of this.#records) {
      if (!isRecent(record, now)) this.#records.delete(uploadId)
    }
  }
}

function isRecent({ completedAt = 0 }: ObjectRecord, now: number): boolean {
  return now - completedAt < MEMORY_MS
}
