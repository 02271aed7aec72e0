import type { Checksum, ChecksumAlgorithm } from '../../../protocol/schemas.ts'
import { sleep } from '../../clock.ts'
import { IntegrityError } from '../../errors.ts'
import { API_RETRIES, backoff } from '../../retry.ts'
import { isTransient, storeError } from '../../store-call.ts'
import type { Timekeeping } from '../../timing.ts'
import { watch } from '../../watchdog.ts'
import type { Connections } from '../http.ts'
import type { FileSlice } from '../source.ts'
import { fileTransport } from '../transport.ts'

export interface PartToSend {
  readonly partNumber: number
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: FileSlice
  /** What the upload was begun with; NONE has the ETag compared, which is the part's MD5 then. */
  readonly algorithm: ChecksumAlgorithm
}

/**
 * Sends one part to its presigned URL, a few times if need be, and compares what the store says of it with what was read.
 * @returns `checksum` of what was read
 * @throws {StoreError} what the store says no to
 * @throws {NetworkError} where no answer came
 * @throws {IntegrityError} where the store got other bytes
 */
export async function uploadPart(
  connections: Connections,
  part: PartToSend,
  keeping: Timekeeping,
  signal: AbortSignal,
): Promise<{ etag: string; checksum?: Checksum }> {
  for (let failures = 1; ; failures++) {
    try {
      return await once(connections, part, keeping, signal)
    } catch (error) {
      signal.throwIfAborted()
      if (!isTransient(error) || failures > API_RETRIES) throw error
      const { retryAfter } = error as { retryAfter?: number }
      const { clock, timing, random, wakes } = keeping
      await sleep(clock, backoff(failures, timing, random(), retryAfter), signal, wakes)
    }
  }
}

async function once(
  connections: Connections,
  { partNumber, url, headers, body, algorithm }: PartToSend,
  keeping: Timekeeping,
  signal: AbortSignal,
): Promise<{ etag: string; checksum?: Checksum }> {
  const crc = algorithm === 'NONE' ? undefined : algorithm
  const { timing } = keeping
  const answer = await watch(
    (signal, moved) =>
      fileTransport(connections).put({
        url,
        headers,
        body,
        crc,
        md5: crc === undefined,
        signal,
        onProgress: (bytes) => moved(bytes < body.size ? timing.stallMs : timing.answerMs),
      }),
    keeping,
    signal,
  )
  const { status, etag = '', checksum, etagIsOpaque } = answer
  if (status < 200 || status > 299) throw storeError(answer, `take part ${partNumber}`)
  const read = crc && answer.crc && Buffer.from(answer.crc).toString('base64')
  const md5Differs = !crc && !etagIsOpaque && /^[0-9a-f]{32}$/.test(etag) && etag !== answer.md5
  if ((checksum && checksum !== read) || md5Differs) {
    throw new IntegrityError(
      `Expected the store to get part ${partNumber} as it was read, got other bytes. Send it again.`,
    )
  }
  return { etag, ...(crc && read && { checksum: { algorithm: crc, value: read } }) }
}
