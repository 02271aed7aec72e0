import { fromBase64, toBase64 } from '../checksums/base64.ts'
import type { CrcAlgorithm } from '../checksums/crc.ts'
import type { DownloadResponse } from '../protocol/schemas.ts'
import { type ByteRange, resolveRange } from './byte-range.ts'
import { createLines } from './lines.ts'
import { crcAlgorithm, members, optional, text, variants, whole } from './reader.ts'
import { type Span, Spans } from './spans.ts'

/** What a download is of, and where it goes: only one that agrees in all of it can be gone on with. */
export interface JournaledDownload {
  readonly key: string
  readonly etag: string
  /** Bytes: of the object, or of the range of it. */
  readonly size: number
  /** Absent where all of the object is wanted. Everything else that is written down counts from its start. */
  readonly range?: { readonly start: number; readonly end: number } | undefined
  /** Of the CRCs in the journal: the object's, or any of a range; absent where the object has none. */
  readonly algorithm?: CrcAlgorithm | undefined
  /** Which file the bytes are in: another one of the same name has none of them. */
  readonly file: string
}

/** What is to be received. */
export type Wanted = Omit<JournaledDownload, 'file'>

/** @throws {RangeNotSatisfiableError} where the object has nothing of that range */
export function wantedOf({ key, etag, size, checksum }: DownloadResponse, asked?: ByteRange): Wanted {
  const range = resolveRange(asked, size)
  if (range) return { key, etag, size: range.end - range.start, range, algorithm: 'CRC32' }
  return { key, etag, size, ...(checksum && { algorithm: checksum.algorithm }) }
}

/** What is written down of a download, in the order in which it is true. */
export type DownloadEntry =
  | ({ readonly type: 'download' } & JournaledDownload)
  /** These bytes are on the disk; `crc` of them, in base64. */
  | {
      readonly type: 'span'
      readonly start: number
      readonly end: number
      readonly crc?: string | undefined
    }
  /** The MD5 of the part that begins there, in hex, as it was received. */
  | { readonly type: 'md5'; readonly start: number; readonly md5: string }
  /** The store encrypts in a way that makes the ETag no MD5. */
  | { readonly type: 'opaque' }
  /** Somebody may have written to the file since the lines before: they count once it was read again. */
  | { readonly type: 'touched' }
  /** It was, and is what was received. */
  | { readonly type: 'reread' }

const nothing = members({})

export const downloadLines = createLines<DownloadEntry>({
  version: 1,
  opens: 'download',
  read: variants('type', {
    download: members({
      key: text,
      etag: text,
      size: whole,
      range: optional(members({ start: whole, end: whole })),
      algorithm: optional(crcAlgorithm),
      file: text,
    }),
    span: members({ start: whole, end: whole, crc: optional(text) }),
    md5: members({ start: whole, md5: text }),
    opaque: nothing,
    touched: nothing,
    reread: nothing,
  }),
})

/** What is there of an object, on the disk and written down. */
export interface Held {
  readonly spans: Spans
  /** By the offset of the part: in hex. */
  readonly md5s: Map<number, string>
  /** Whether the ETag is known to be no MD5. */
  opaque: boolean
  /** Whether it has to be read again before it counts. */
  touched: boolean
}

/** What an earlier run left. */
export interface Begun {
  readonly held: Held
  /** Why that does not count, where there was something: completes "Beginning anew: …". */
  readonly restarted: string | undefined
}

export function nothingHeld(algorithm: CrcAlgorithm | undefined): Held {
  return { spans: new Spans(algorithm), md5s: new Map(), opaque: false, touched: false }
}

/**
 * @param entries of one journal; the first of them says what download it is of
 * @throws {RangeError} where it says something twice, or of bytes that the object does not have
 */
export function replayDownload(
  { size, algorithm }: JournaledDownload,
  entries: readonly DownloadEntry[],
): Held {
  const held = nothingHeld(algorithm)
  for (const entry of entries) {
    if (entry.type === 'span') {
      const { start, end, crc } = entry
      if (end > size) throw new RangeError(`Expected bytes up to ${size}, got ${start} to ${end}.`)
      held.spans.add({ start, end, crc: crc === undefined ? undefined : fromBase64(crc) })
    } else if (entry.type === 'md5') held.md5s.set(entry.start, entry.md5)
    else if (entry.type === 'opaque') held.opaque = true
    else if (entry.type !== 'download') held.touched = entry.type === 'touched'
  }
  return held
}

/** Why a download cannot go on where another stopped: completes "Beginning anew: …". `undefined` where it can. */
export function reasonToRestart(then: JournaledDownload, now: Wanted): string | undefined {
  if (then.key !== now.key) return `what is there is of another object, ${then.key}`
  if (then.etag !== now.etag) return 'the object has changed since'
  if (then.range?.start !== now.range?.start || then.range?.end !== now.range?.end) {
    const of = then.range ? `its bytes ${then.range.start} to ${then.range.end - 1}` : 'the whole object'
    return `what is there is of ${of}`
  }
  if (then.size !== now.size) return 'the object has changed since'
  if (then.algorithm !== now.algorithm) return 'the store keeps another checksum of the object by now'
  return undefined
}

export function spanEntry({ start, end, crc }: Span): DownloadEntry {
  return { type: 'span', start, end, ...(crc && { crc: toBase64(crc) }) }
}
