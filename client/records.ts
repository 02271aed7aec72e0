import * as v from 'valibot'
import { toBase64 } from '../checksums/base64.ts'
import { ChecksumAlgorithm } from '../protocol/schemas.ts'
import { RecordError } from './errors.ts'
import type { Clock, RecordStore, RememberedPart, UploadRecord } from './ports.ts'

/** How much of what was acknowledged a kill can make us forget. Those parts are read again, but not sent. */
const SAVE_EVERY_MS = 1000

const Record = v.object({
  version: v.literal(1),
  endpoint: v.string(),
  sourceId: v.string(),
  identity: v.record(v.string(), v.string()),
  key: v.string(),
  uploadId: v.string(),
  size: v.number(),
  partSize: v.number(),
  checksumAlgorithm: ChecksumAlgorithm,
  parts: v.record(v.string(), v.object({ etag: v.optional(v.string()), crc: v.optional(v.string()) })),
})

/** For an upload that found its record taken by another one of the same source: it begins anew, and is not remembered. */
export const NO_RECORDS: RecordStore = {
  claim: async () => async () => {},
  load: async () => undefined,
  save: async () => {},
  remove: async () => {},
}

/**
 * Reads what a store has kept.
 * @param where for the message
 * @throws {RecordError}
 */
export function parseRecord(text: string, where: string): UploadRecord {
  try {
    return v.parse(Record, JSON.parse(text))
  } catch (cause) {
    throw new RecordError(
      `Expected the record of an upload in ${where}, got something else: damaged, or of another version. Begin anew.`,
      { cause },
    )
  }
}

/** Keeps the record of one upload up to date, at most once a second. */
export class RecordKeeper {
  readonly #store: RecordStore
  readonly #clock: Clock
  readonly #onFailure: (error: unknown) => void
  readonly #record: Omit<UploadRecord, 'parts'>
  readonly #parts: Record<string, RememberedPart>
  #cancel: (() => void) | undefined
  #saving: Promise<void> = Promise.resolve()

  /** @param onFailure a record that cannot be written costs the upload its resume, not its life */
  constructor(store: RecordStore, clock: Clock, record: UploadRecord, onFailure: (error: unknown) => void) {
    const { parts, ...rest } = record
    this.#store = store
    this.#clock = clock
    this.#record = rest
    this.#parts = { ...parts }
    this.#onFailure = onFailure
  }

  acknowledge(partNumber: number, etag: string | undefined, crc: Uint8Array | undefined): void {
    this.#parts[partNumber] = { etag, crc: crc && toBase64(crc) }
    this.#cancel ??= this.#clock.after(SAVE_EVERY_MS, () => void this.save())
  }

  /** Resolves when everything acknowledged so far is in the store. */
  save(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
    this.#saving = this.#saving
      .then(() => this.#store.save({ ...this.#record, parts: this.#parts }))
      .catch(this.#onFailure)
    return this.#saving
  }

  async remove(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
    await this.#saving
    await this.#store.remove(this.#record.endpoint, this.#record.sourceId).catch(this.#onFailure)
  }
}
