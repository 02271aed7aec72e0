import { createCrc } from '../checksums/crc.ts'
import { type Reader, readOr } from './reader.ts'

/**
 * A journal as bytes: one line an entry, `{CRC-32 of the JSON, 8 hex digits} {JSON}\n`, only ever appended.
 *
 * What a kill or a loss of power leaves behind is a torn tail: nothing whole follows it. It is dropped, for any beginning
 * of a journal is a state in which it once was. A line that is damaged although whole ones follow is something else: no
 * writer of ours made it, and which entry is missing is not known; it may be the one that took others back. What follows
 * must not be believed without it, and what precedes would silently forget what was promised to be on the disk. So all of
 * it is refused, with the reason, and the owner finds out from the store instead.
 */
export interface Lines<Entry> {
  /** @throws what could not be read again */
  encode(entry: Entry): Uint8Array<ArrayBuffer>
  decode(bytes: Uint8Array): Decoded<Entry>
}

export interface Decoded<Entry> {
  readonly entries: readonly Entry[]
  /** Whatever comes after them is torn, and has to be cut off before another line is appended. */
  readonly validBytes: number
  /** Why none of it is believed; completes "The journal cannot be used: …". */
  readonly damage?: string
}

interface LinesOptions<Entry> {
  /** Stands in the lines of the type that opens a journal. Another version is not guessed at. */
  readonly version: number
  /** The type of the first entry. */
  readonly opens: string
  /** Of one entry. Members that it does not return are neither written nor read. */
  readonly read: Reader<Entry>
}

const NEWLINE = 0x0a
const CRC_DIGITS = 8

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export function createLines<Entry extends { readonly type: string }>({
  version,
  opens,
  read,
}: LinesOptions<Entry>): Lines<Entry> {
  return {
    encode(entry) {
      const known = read(entry)
      const json = encoder.encode(JSON.stringify(known.type === opens ? { v: version, ...known } : known))
      const line = new Uint8Array(CRC_DIGITS + 1 + json.length + 1)
      line.set(encoder.encode(`${crcOf(json)} `))
      line.set(json, CRC_DIGITS + 1)
      line[line.length - 1] = NEWLINE
      return line
    },

    decode(bytes) {
      const entries: Entry[] = []
      let validBytes = 0
      let broken: number | undefined
      let number = 0
      for (const { line, end } of wholeLines(bytes)) {
        number++
        const text = textOf(line)
        if (text === undefined) {
          broken ??= number
          continue
        }
        if (broken) return refused(`line ${broken} is damaged, and others follow it`)
        const value: unknown = JSON.parse(text)
        if (number === 1) {
          const found = versionOf(value)
          if (found !== version) return refused(`it is of version ${found ?? 'unknown'}, and not ${version}`)
        }
        const entry = readOr(read, value)
        if (!entry || (number === 1 && entry.type !== opens)) {
          return refused(`line ${number} says what this version does not know`)
        }
        entries.push(entry)
        validBytes = end
      }
      if (broken === 1) return refused('no line of it is whole')
      return { entries, validBytes }
    },
  }
}

function* wholeLines(bytes: Uint8Array): Generator<{ line: Uint8Array; end: number }> {
  for (let start = 0; ; ) {
    const newline = bytes.indexOf(NEWLINE, start)
    if (newline === -1) return
    yield { line: bytes.subarray(start, newline), end: newline + 1 }
    start = newline + 1
  }
}

/** @returns the JSON; `undefined` where the line is not as it was written */
function textOf(line: Uint8Array): string | undefined {
  const text = decoder.decode(line)
  return text.startsWith(`${crcOf(line.subarray(CRC_DIGITS + 1))} `) ? text.slice(CRC_DIGITS + 1) : undefined
}

function crcOf(bytes: Uint8Array): string {
  let hex = ''
  for (const byte of createCrc('CRC32').update(bytes).digest()) hex += byte.toString(16).padStart(2, '0')
  return hex
}

function versionOf(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null || !('v' in value)) return undefined
  return typeof value.v === 'number' ? value.v : undefined
}

function refused(damage: string): Decoded<never> {
  return { entries: [], validBytes: 0, damage }
}
