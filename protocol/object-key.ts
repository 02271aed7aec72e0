import { MAX_PART_BYTES, MAX_PARTS, MAX_SAFE_NAME_BYTES, MIB, MIN_PART_BYTES } from './limits.ts'
import { type PartPlan, plan } from './part-plan.ts'

/**
 * The key carries the plan: `{prefix}/{caller}/{uuid v7}-{size}-{part size in MiB}/{file name}`, both numbers in base 36.
 * S3 binds a key to its upload id, so presign, list-parts and complete read the frozen plan from it, with no database.
 */
export interface ObjectKey {
  readonly prefix: string
  readonly caller: string
  /** UUID version 7: keys sort by the time of their initiation. */
  readonly id: string
  readonly plan: PartPlan
  /** Made safe by {@link safeFileName}. */
  readonly fileName: string
}

const UUID_V7 = '[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'
const BASE36 = '0|[1-9a-z][0-9a-z]{0,10}'
const KEY = new RegExp(`^(.+)/([^/]+)/(${UUID_V7})-(${BASE36})-(${BASE36})/([^/]+)$`, 'u')

export function formatKey({ prefix, caller, id, plan, fileName }: ObjectKey): string {
  const numbers = [plan.size, plan.partSize / MIB].map((number) => number.toString(36))
  return `${prefix}/${caller}/${id}-${numbers.join('-')}/${safeFileName(fileName)}`
}

/** @returns `undefined` for a key that {@link formatKey} did not make */
export function parseKey(key: string): ObjectKey | undefined {
  const [, prefix, caller, id, size36, partSize36, fileName] = KEY.exec(key) ?? []
  if (!prefix || !caller || !id || !size36 || !partSize36 || !fileName) return undefined
  const size = Number.parseInt(size36, 36)
  const partSize = Number.parseInt(partSize36, 36) * MIB
  const sound =
    size <= partSize * MAX_PARTS &&
    partSize >= MIN_PART_BYTES &&
    partSize <= MAX_PART_BYTES &&
    safeFileName(fileName) === fileName
  return sound ? { prefix, caller, id, plan: plan(size, partSize), fileName } : undefined
}

/**
 * A file's name as the last segment of a key: letters, digits and marks of any script and `!-_.*'()`, everything else `_`;
 * no leading dot; at most 255 bytes of UTF-8, cut before the extension. Idempotent.
 */
export function safeFileName(name: string): string {
  const safe = name
    .toWellFormed()
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}\p{M}!\-_.*'()]/gu, '_')
    .replace(/^\.+/, '')
  return shorten(safe === '' ? 'file' : safe)
}

/**
 * A UUID version 7 (RFC 9562): 48 bits of Unix time in milliseconds, the rest random.
 * @param random 10 bytes
 */
export function uuidV7(time: Date, random: Uint8Array): string {
  const bytes = new Uint8Array(16)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, Math.floor(time.getTime() / 2 ** 32))
  view.setUint32(2, time.getTime() % 2 ** 32)
  bytes.set(random, 6)
  view.setUint8(6, (view.getUint8(6) & 0x0f) | 0x70)
  view.setUint8(8, (view.getUint8(8) & 0x3f) | 0x80)
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

function shorten(name: string): string {
  if (utf8Length(name) <= MAX_SAFE_NAME_BYTES) return name
  const extension = /\.[^.]{1,16}$/u.exec(name)?.[0] ?? ''
  let room = MAX_SAFE_NAME_BYTES - utf8Length(extension)
  let stem = ''
  for (const character of name.slice(0, name.length - extension.length)) {
    room -= utf8Length(character)
    if (room < 0) break
    stem += character
  }
  return stem + extension
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length
}
