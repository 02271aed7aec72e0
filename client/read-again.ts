import { toBase64 } from '../checksums/base64.ts'
import type { PartRange } from '../protocol/part-plan.ts'
import type { Checksum } from '../protocol/schemas.ts'
import type { Source } from './ports.ts'
import type { Proof, Proofs } from './proofs.ts'

/** What the store says of a part that it holds; or, where that says nothing, what is known of what was sent. */
export interface Held {
  readonly etag: string | undefined
  readonly checksum?: Checksum | undefined
  /** In hex. */
  readonly md5?: string | undefined
}

/**
 * Reads a part that the store holds, rather than sending it again. Of the right size is not enough: it may be another file's.
 * @returns `undefined` where it is not what the source has, or nothing says so
 */
export async function readAgain(
  range: PartRange,
  held: Held,
  source: Source<unknown>,
  proofs: Proofs,
  signal: AbortSignal,
): Promise<Proof | undefined> {
  const { etag, checksum } = held
  const { algorithm } = proofs
  if (checksum && checksum.algorithm === algorithm) {
    const crc = await source.crc(algorithm, range.start, range.end, signal)
    return toBase64(crc) === checksum.value ? { etag, crc } : undefined
  }
  return proofs.etags?.readAgain(range, held, source, signal)
}
