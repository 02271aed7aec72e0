import type { Journal, JournalEntry, JournaledUpload } from './ports.ts'
import {
  checksumAlgorithm,
  list,
  members,
  optional,
  type Reader,
  record,
  text,
  variants,
  whole,
} from './reader.ts'

/** Of an upload's journal. */
export const readEntry: Reader<JournalEntry> = variants('type', {
  upload: members({
    endpoint: text,
    sourceId: text,
    identity: record(text),
    key: text,
    uploadId: text,
    size: whole,
    partSize: whole,
    checksumAlgorithm,
    initiated: text,
  }),
  part: members({ partNumber: whole, etag: optional(text), crc: optional(text), md5: optional(text) }),
  lost: members({ partNumbers: list(whole) }),
  completing: members({ at: text }),
  done: members({}),
  aborted: members({}),
})

/**
 * Where nothing can be written down.
 * @param reason what every append says
 * @param setAside where something was, and cannot be read
 */
export function forgetfulJournal(reason: Error, setAside?: string): Journal {
  return {
    entries: [],
    setAside,
    append: () => Promise.reject(reason),
    clear: async () => {},
    close: async () => {},
  }
}

/** What a part was when the store acknowledged it: `crc` in base64, `md5` in hex. */
export interface JournaledPart {
  readonly etag?: string | undefined
  readonly crc?: string | undefined
  readonly md5?: string | undefined
}

/** What a journal says of its upload. */
export interface Replayed {
  readonly upload: JournaledUpload
  readonly parts: ReadonlyMap<number, JournaledPart>
  /** When complete was last asked for. */
  readonly completingAt?: string | undefined
  readonly ended?: 'done' | 'aborted' | undefined
}

/**
 * Of two uploads the second counts. The same upload said again has another identity, and keeps its parts.
 * @returns `undefined` where no upload was begun
 */
export function replay(entries: readonly JournalEntry[]): Replayed | undefined {
  let upload: JournaledUpload | undefined
  let parts = new Map<number, JournaledPart>()
  let completingAt: string | undefined
  let ended: 'done' | 'aborted' | undefined
  for (const entry of entries) {
    switch (entry.type) {
      case 'upload': {
        const { type, ...begun } = entry
        if (begun.uploadId !== upload?.uploadId || begun.key !== upload.key) {
          parts = new Map()
          completingAt = undefined
          ended = undefined
        }
        upload = begun
        break
      }
      case 'part': {
        const { type, partNumber, ...part } = entry
        parts.set(partNumber, part)
        break
      }
      case 'lost':
        for (const partNumber of entry.partNumbers) parts.delete(partNumber)
        break
      case 'completing':
        completingAt = entry.at
        break
      default:
        ended = entry.type
    }
  }
  return upload && { upload, parts, completingAt, ended }
}
