import { toBase64 } from '../checksums/base64.ts'
import type { Held } from './download-journal.ts'
import type { DownloadTarget } from './download-ports.ts'
import { IntegrityError } from './errors.ts'
import type { Span } from './spans.ts'

/**
 * Reads what is there again, because the file was written to after its journal was, and compares it with what was received: a kill
 * looks like that, and so does an edit. Where only MD5s of parts are known, those are forgotten, and read when they are wanted.
 * @param there what was there before anything more came
 * @returns whether all of it was compared
 * @throws {IntegrityError} where it is not what was received
 */
export async function recheck(
  held: Held,
  there: readonly Span[],
  target: DownloadTarget,
  signal: AbortSignal,
): Promise<boolean> {
  const { algorithm } = held.spans
  held.md5s.clear()
  for (const { start, end, crc } of there) {
    if (!crc || !algorithm) return false
    const found = toBase64(await target.crc(algorithm, start, end, signal))
    if (found === toBase64(crc)) continue
    throw new IntegrityError(
      `Expected the bytes ${start} to ${end - 1} of ${target.path} as they were received, found others. Begin again.`,
    )
  }
  return true
}
