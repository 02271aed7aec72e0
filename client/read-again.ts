import { toBase64 } from '../checksums/base64.ts'
import type { PartRange } from '../protocol/part-plan.ts'
import type { StoredPart } from '../protocol/schemas.ts'
import { canBeMd5 } from './etag.ts'
import type { Source } from './ports.ts'
import type { Proof, Proofs } from './proofs.ts'

/** What the store says of a part that it holds. */
export type Held = Pick<StoredPart, 'checksum' | 'etag'>

/**
 * Reads a part that the store holds, rather than sending it again. Of the right size is not enough: it may be another file's.
 * @returns `undefined` where it is not what the source has, or nothing says so
 */
export async function readAgain(
  { start, end }: PartRange,
  { checksum, etag }: Held,
  source: Source<unknown>,
  { algorithm }: Proofs,
  signal: AbortSignal,
): Promise<Proof | undefined> {
  if (checksum && checksum.algorithm === algorithm) {
    const crc = await source.crc(algorithm, start, end, signal)
    return toBase64(crc) === checksum.value ? { etag, crc } : undefined
  }
  if (algorithm || !canBeMd5(etag)) return undefined
  const md5 = await source.md5(start, end, signal)
  return md5 === etag ? { etag, md5 } : undefined
}
