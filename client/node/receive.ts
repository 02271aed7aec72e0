import type { IncomingMessage } from 'node:http'
import type { Receiving } from '../download-ports.ts'
import { objectChanged } from '../download-url.ts'
import { NetworkError } from '../errors.ts'
import { storeError } from '../store-call.ts'
import type { Timekeeping } from '../timing.ts'
import { watch } from '../watchdog.ts'
import type { Blocks } from './blocks.ts'
import { answerTo, type Connections, header, networkError, readText, retryAfter } from './http.ts'

/** Under these, an ETag looks like an MD5 and is none. */
const OPAQUE_ENCRYPTION = /^aws:kms/
/** A disk may take its time; only a connection is cut. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export interface ReceivePorts extends Timekeeping {
  readonly connections: Connections
  readonly blocks: Blocks
}

/**
 * One GET of the rest of a range, pinned to the object's ETag.
 * @throws {ObjectChangedError} where the object is another by now
 * @throws {StoreError}
 * @throws {NetworkError}
 */
export function receive(
  receiving: Receiving,
  url: string,
  ports: ReceivePorts,
  signal: AbortSignal,
): Promise<void> {
  return watch((signal, moved) => receiveOnce(receiving, url, ports, signal, moved), ports, signal)
}

async function receiveOnce(
  receiving: Receiving,
  url: string,
  { connections, blocks, timing }: ReceivePorts,
  signal: AbortSignal,
  watchdog: (milliseconds: number) => void,
): Promise<void> {
  signal.throwIfAborted()
  const { stretch, end, etag, origin } = receiving
  const first = origin + stretch.position
  const last = origin + end - 1
  const request = connections.request(url, {
    method: 'GET',
    headers: { range: `bytes=${first}-${last}`, 'if-match': `"${etag}"` },
  })
  // Without a reason: a connection that is idle again by now would have nobody to hear it.
  const onAbort = () => request.destroy()
  signal.addEventListener('abort', onAbort, { once: true })
  const block = blocks.take()
  try {
    request.end()
    const answer = await answerTo(request, signal)
    await checkHead(answer, first, last, signal)
    if (OPAQUE_ENCRYPTION.test(header(answer, 'x-amz-server-side-encryption') ?? '')) receiving.onOpaque()
    const wait = (forDisk: boolean) => watchdog(forDisk ? LONGEST_TIMER_MS : timing.stallMs)
    await writeBody(answer, receiving, block, wait, signal)
    if (stretch.position < end) {
      throw new NetworkError(`Expected bytes up to ${last}, got them up to ${origin + stretch.position - 1}.`)
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    blocks.give(block)
    request.destroy()
  }
}

async function checkHead(
  answer: IncomingMessage,
  first: number,
  last: number,
  signal: AbortSignal,
): Promise<void> {
  const { statusCode: status = 0 } = answer
  if (status === 206 && answer.headers['content-range']?.startsWith(`bytes ${first}-${last}/`)) return
  if (status === 412) throw objectChanged()
  const body = status >= 400 ? await readText(answer, signal) : ''
  throw storeError({ status, body, retryAfter: retryAfter(answer) }, `send the bytes ${first} to ${last}`)
}

/** In whole blocks; what is left in the last one when the connection breaks is written too. */
async function writeBody(
  answer: IncomingMessage,
  { stretch, origin, end, onProgress, pace }: Receiving,
  block: Buffer,
  wait: (forDisk: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  let filled = 0

  async function flush() {
    const bytes = block.subarray(0, filled)
    filled = 0
    wait(true)
    await stretch.write(bytes)
    wait(false)
  }

  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      wait(false)
      if (chunk.length > end - stretch.position - filled) throw tooMuch(origin + end - 1)
      onProgress(chunk.length)
      for (let at = 0; at < chunk.length; ) {
        const copied = chunk.copy(block, filled, at)
        at += copied
        filled += copied
        if (filled === block.length) await flush()
      }
      await pace?.(chunk.length, signal)
    }
  } catch (error) {
    if (answer.errored !== error) throw error
    throw signal.aborted ? signal.reason : networkError(error)
  } finally {
    if (filled > 0) await flush()
  }
}

function tooMuch(last: number) {
  return storeError({ status: 206, body: '' }, `end at the byte ${last}, got more`)
}
