import type { IncomingMessage } from 'node:http'
import type { Crc } from '../../checksums/crc.ts'
import type { PartRange } from '../../protocol/part-plan.ts'
import { ObjectChangedError } from '../errors.ts'
import { storeError } from '../store-call.ts'
import type { Timekeeping } from '../timing.ts'
import { watch } from '../watchdog.ts'
import type { Blocks } from './blocks.ts'
import { answerTo, type Connections, networkError, readText, retryAfter } from './http.ts'
import type { Target } from './target.ts'

/** A range on its way to the disk. What has arrived is kept when a try fails: the next asks for the rest. */
export interface Receiving {
  readonly range: PartRange
  readonly etag: string
  readonly crc: Crc | undefined
  /** Bytes of the range that are written. */
  received: number
  onProgress(bytes: number): void
}

export interface ReceivePorts extends Timekeeping {
  readonly connections: Connections
  readonly target: Target
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
  const { stallMs } = ports.timing
  const run = (signal: AbortSignal, moved: (milliseconds: number) => void) =>
    receiveOnce(receiving, url, ports, signal, () => moved(stallMs))
  return watch(run, ports, signal)
}

async function receiveOnce(
  receiving: Receiving,
  url: string,
  { connections, target, blocks }: ReceivePorts,
  signal: AbortSignal,
  moved: () => void,
): Promise<void> {
  signal.throwIfAborted()
  const { range, etag } = receiving
  const first = range.start + receiving.received
  const request = connections.request(url, {
    method: 'GET',
    headers: { range: `bytes=${first}-${range.end - 1}`, 'if-match': `"${etag}"` },
  })
  const onAbort = () => request.destroy(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  const block = blocks.take()
  try {
    request.end()
    const answer = await answerTo(request, signal)
    await checkHead(answer, first, range.end, signal)
    await writeBody(answer, receiving, target, block, moved, signal)
  } finally {
    signal.removeEventListener('abort', onAbort)
    blocks.give(block)
    request.destroy()
  }
}

async function checkHead(
  answer: IncomingMessage,
  first: number,
  end: number,
  signal: AbortSignal,
): Promise<void> {
  const { statusCode: status = 0 } = answer
  if (status === 206 && answer.headers['content-range']?.startsWith(`bytes ${first}-${end - 1}/`)) return
  if (status === 412) throw objectChanged()
  const body = status >= 400 ? await readText(answer, signal) : ''
  throw storeError({ status, body, retryAfter: retryAfter(answer) }, `send the bytes ${first} to ${end - 1}`)
}

/** In whole blocks; what is left in the last one when the connection breaks is written too. */
async function writeBody(
  answer: IncomingMessage,
  receiving: Receiving,
  target: Target,
  block: Buffer,
  moved: () => void,
  signal: AbortSignal,
): Promise<void> {
  let filled = 0

  async function flush() {
    const bytes = block.subarray(0, filled)
    await target.write(bytes, receiving.range.start + receiving.received)
    receiving.crc?.update(bytes)
    receiving.received += filled
    filled = 0
    receiving.onProgress(bytes.length)
  }

  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      moved()
      for (let at = 0; at < chunk.length; ) {
        const copied = chunk.copy(block, filled, at)
        at += copied
        filled += copied
        if (filled === block.length) await flush()
      }
    }
  } catch (error) {
    if (answer.errored !== error) throw error
    throw signal.aborted ? signal.reason : networkError(error)
  } finally {
    if (filled > 0) await flush()
  }
}

export function objectChanged(): ObjectChangedError {
  return new ObjectChangedError(
    'Expected the object that the download began with, got another under the same key. Begin anew.',
  )
}
