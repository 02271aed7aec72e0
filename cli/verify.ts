import { canBeMd5, etagOfParts } from '../client/etag.ts'
import { type FileSource, IntegrityError, type UploadResult } from '../client/node/index.ts'
import { partRange, plan } from '../protocol/part-plan.ts'
import type { Output } from './output.ts'

/** What the store tells of an object. */
export interface Stored extends Pick<UploadResult, 'size' | 'etag' | 'checksum' | 'verified'> {
  /** Where it was stored in parts. */
  readonly partSize: number | undefined
}

/**
 * Reads a file once more, and compares it with its object.
 * @returns by what; `undefined` where the store tells nothing that could be compared
 * @throws {IntegrityError} where it differs
 */
export async function compareAgain(
  source: FileSource,
  { size, etag = '', checksum, verified, partSize }: Stored,
  signal: AbortSignal,
): Promise<'checksum' | 'etag' | undefined> {
  if (source.size !== size) throw differs(source, `${size} bytes`, `${source.size}`)
  if (checksum) {
    const { algorithm, value } = checksum
    const found = Buffer.from(await source.crc(algorithm, 0, size, signal)).toString('base64')
    if (found !== value) throw differs(source, `the ${algorithm} ${value}`, found)
    return 'checksum'
  }
  // Otherwise an ETag is no MD5.
  if (verified !== 'etag') return undefined
  const found = await etagOf(source, etag, partSize, signal)
  if (found === undefined) return undefined
  if (found !== etag) throw differs(source, `the ETag ${etag}`, found)
  return 'etag'
}

/** @param how `undefined` where nothing could be compared */
export function tellComparison(
  direction: 'upload' | 'download',
  name: string,
  how: 'checksum' | 'etag' | undefined,
  output: Output,
): void {
  const reason = how
    ? undefined
    : 'the store tells no checksum of the object, so that nothing could be compared'
  output.event('compared', { direction, name, verified: how, reason })
  output.note(`${name}: read again, ${reason ?? `and the same (${how})`}`)
}

async function etagOf(
  source: FileSource,
  etag: string,
  partSize: number | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (canBeMd5(etag)) return source.md5(0, source.size, signal)
  if (partSize === undefined) return undefined
  const parts = plan(source.size, partSize)
  const md5s: string[] = []
  for (let partNumber = 1; partNumber <= parts.partCount; partNumber++) {
    const { start, end } = partRange(parts, partNumber)
    md5s.push(await source.md5(start, end, signal))
  }
  return etagOfParts(md5s)
}

function differs({ name }: FileSource, expected: string, got: string): IntegrityError {
  return new IntegrityError(
    `Expected ${name}, read again, to have ${expected}, as its object has, got ${got}. Transfer it again, and look at the disk.`,
  )
}
