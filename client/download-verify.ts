import { toBase64 } from '../checksums/base64.ts'
import { createCrc } from '../checksums/crc.ts'
import { type PartPlan, partRange, plan } from '../protocol/part-plan.ts'
import type { DownloadResponse } from '../protocol/schemas.ts'
import type { DownloadResult } from './download-events.ts'
import type { Held, Wanted } from './download-journal.ts'
import { IntegrityError } from './errors.ts'
import { canBeMd5, etagOfParts } from './etag.ts'
import { verifyArrival } from './verify.ts'

/** What to do where it differs. */
const ADVICE = {
  'on the disk': 'Transfer the file again.',
  'in the output': 'Discard what came out, and begin again.',
} as const

/** Where it arrived. */
type Where = keyof typeof ADVICE

type Verdict = Pick<DownloadResult, 'verified' | 'downgraded'>

/** The parts whose MD5s make the object's ETag; `undefined` where that cannot be said, or is not needed. */
export function etagParts({
  checksum,
  etag,
  size,
  partCount,
  partSize,
}: DownloadResponse): PartPlan | undefined {
  if (checksum) return undefined
  if (partCount === undefined) return canBeMd5(etag) ? plan(size, Math.max(1, size)) : undefined
  const parts = partSize === undefined ? undefined : plan(size, partSize)
  return parts?.partCount === partCount ? parts : undefined
}

/**
 * Compares what is there with what the store holds: by the object's checksum, or else by its ETag, or else by its size.
 * @param md5 of bytes that are there, in hex: of parts that did not arrive in one piece
 * @throws {IntegrityError}
 */
export async function verifyDownload(
  answer: DownloadResponse,
  { size, range }: Pick<Wanted, 'size' | 'range'>,
  held: Held,
  where: Where,
  md5: (start: number, end: number) => Promise<string>,
): Promise<Verdict> {
  const { etag, checksum } = answer
  if (!held.spans.has(0, size)) {
    throw new IntegrityError(`Expected ${size} bytes ${where}, got ${held.spans.bytes}. Begin again.`)
  }
  if (range) return { verified: 'size', downgraded: 'Of a range of an object, the store tells no checksum.' }
  if (checksum) {
    const { algorithm } = checksum
    const crc = held.spans.crc(size) ?? createCrc(algorithm).digest()
    const arrived = { size, checksum: { algorithm, value: toBase64(crc) } }
    return {
      verified: verifyArrival(arrived, { size, checksum }, where, ADVICE[where]),
      downgraded: undefined,
    }
  }
  const parts = etagParts(answer)
  const downgraded = 'The store keeps no checksum of the object.'
  if (!parts)
    return { verified: 'size', downgraded: `${downgraded} Of which parts its ETag is, is not known.` }
  if (held.opaque)
    return { verified: 'size', downgraded: `${downgraded} It encrypts it, so that its ETag is no MD5.` }
  const md5s: string[] = []
  for (let partNumber = 1; partNumber <= parts.partCount; partNumber++) {
    const { start, end } = partRange(parts, partNumber)
    md5s.push(held.md5s.get(start) ?? (await md5(start, end)))
  }
  const arrived = answer.partCount === undefined ? md5s[0] : await etagOfParts(md5s)
  if (arrived !== etag) {
    throw new IntegrityError(
      `Expected bytes with the ETag ${etag} ${where}, got ${arrived}. ${ADVICE[where]}`,
    )
  }
  return { verified: 'etag', downgraded }
}
