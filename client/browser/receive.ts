import type { Receiving } from '../download-ports.ts'
import { objectChanged } from '../download-url.ts'
import { NetworkError } from '../errors.ts'
import { storeError } from '../store-call.ts'
import type { Timekeeping } from '../timing.ts'
import { watch } from '../watchdog.ts'

/** What is written at once: in smaller pieces, the way to the browser's own process is what takes the time. */
export const BLOCK_BYTES = 4 * 1024 * 1024
/** Under these, an ETag looks like an MD5 and is none. */
const OPAQUE_ENCRYPTION = /^aws:kms/
/** A disk may take its time, and so may whoever limits the bandwidth; only a connection is cut. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Chromium (149) collects streams as garbage although a read is pending, which then never ends: so they are held here. */
const readers = new Set<ReadableStreamDefaultReader>()

/**
 * One GET of the rest of a range, pinned to the object's ETag. One URL for all ranges of an object: so there is one preflight.
 * @param blocks to be used again
 * @throws {ObjectChangedError} where the object is another by now
 * @throws {StoreError}
 * @throws {NetworkError}
 */
export function receive(
  receiving: Receiving,
  url: string,
  keeping: Timekeeping,
  blocks: Uint8Array<ArrayBuffer>[],
  signal: AbortSignal,
): Promise<void> {
  return watch(
    async (signal, moved) => {
      const block = blocks.pop() ?? new Uint8Array(BLOCK_BYTES)
      const wait = (forUs: boolean) => moved(forUs ? LONGEST_TIMER_MS : keeping.timing.stallMs)
      await receiveOnce(receiving, url, block, wait, signal)
      // One that failed may be written still.
      blocks.push(block)
    },
    keeping,
    signal,
  )
}

async function receiveOnce(
  receiving: Receiving,
  url: string,
  block: Uint8Array<ArrayBuffer>,
  wait: (forUs: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  const { stretch, origin, end, etag } = receiving
  const first = origin + stretch.position
  const last = origin + end - 1
  const headers = { range: `bytes=${first}-${last}`, 'if-match': `"${etag}"` }
  const answer = await fetch(url, { headers, signal, cache: 'no-store' }).catch((error) =>
    broken(error, url, signal),
  )
  await checkHead(answer, first, last, etag)
  if (OPAQUE_ENCRYPTION.test(answer.headers.get('x-amz-server-side-encryption') ?? '')) receiving.onOpaque()
  if (answer.body) await writeBody(answer.body, receiving, url, block, wait, signal)
  if (stretch.position < end) {
    throw new NetworkError(`Expected bytes up to ${last}, got them up to ${origin + stretch.position - 1}.`)
  }
}

/** Not everyone between here and the store obeys If-Match; and of a header that CORS hides, nothing can be said. */
async function checkHead(answer: Response, first: number, last: number, etag: string): Promise<void> {
  const { status, headers } = answer
  const range = headers.get('content-range')
  if (status !== 206 || (range && !range.startsWith(`bytes ${first}-${last}/`))) {
    if (status === 412) throw objectChanged()
    const retryAfter = Number(headers.get('retry-after') ?? Number.NaN)
    const body = status < 300 ? '' : await answer.text().catch(() => '')
    const asked = Number.isFinite(retryAfter) ? retryAfter : undefined
    answer.body?.cancel().catch(() => {})
    throw storeError({ status, body, retryAfter: asked }, `send the bytes ${first} to ${last}`)
  }
  const told = headers.get('etag')?.replace(/^W\//, '').replaceAll('"', '')
  if (told && told !== etag) throw objectChanged()
}

/** In whole blocks; what is left in the last one when the connection breaks, or somebody stops it, is written too. */
async function writeBody(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  { stretch, origin, end, onProgress, pace }: Receiving,
  url: string,
  block: Uint8Array<ArrayBuffer>,
  wait: (forUs: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  const reader = body.getReader()
  let filled = 0

  async function flush() {
    const bytes = block.subarray(0, filled)
    filled = 0
    if (bytes.length === 0) return
    wait(true)
    await stretch.write(bytes)
    await pace?.(bytes.length, signal)
    wait(false)
  }

  readers.add(reader)
  try {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) break
      if (value.length > end - stretch.position - filled) {
        throw storeError({ status: 206, body: '' }, `end at the byte ${origin + end - 1}, got more`)
      }
      onProgress(value.length)
      wait(false)
      for (let at = 0; at < value.length; ) {
        const piece = value.subarray(at, at + block.length - filled)
        block.set(piece, filled)
        filled += piece.length
        at += piece.length
        if (filled === block.length) await flush()
      }
    }
    await flush()
  } catch (error) {
    await flush()
    broken(error, url, signal)
  } finally {
    readers.delete(reader)
    reader.cancel().catch(() => {})
  }
}

/** @throws {NetworkError}, or the signal's reason, or what it was */
function broken(cause: unknown, url: string, signal: AbortSignal): never {
  signal.throwIfAborted()
  // Browsers say no more than this.
  if (!(cause instanceof TypeError)) throw cause
  const { origin } = new URL(url)
  throw new NetworkError(
    `Expected bytes from ${origin}, got none: offline, cut off, or not allowed (CORS).`,
    { cause, address: url },
  )
}
