import type { Receiving } from '../download-ports.ts'
import { objectChanged } from '../download-url.ts'
import { NetworkError } from '../errors.ts'
import { storeError } from '../store-call.ts'
import type { Timekeeping } from '../timing.ts'
import { watch } from '../watchdog.ts'
import type { Blocks } from './blocks.ts'
import { type Connections, LONGEST_BODY, networkError, retryAfter } from './http.ts'
import { PIECE_BYTES } from './transport.ts'
import type { Got } from './wires.ts'

/** Under these, an ETag looks like an MD5 and is none. */
const OPAQUE_ENCRYPTION = /^aws:kms/
/** A disk may take its time, and so may whoever limits the bandwidth; only a connection is cut. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export interface ReceivePorts extends Timekeeping {
  readonly connections: Pick<Connections, 'get'>
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
  const { stretch, origin, end, etag, pace } = receiving
  const first = origin + stretch.position
  const last = origin + end - 1
  const headers = { range: `bytes=${first}-${last}`, 'if-match': `"${etag}"` }
  const answer = await connections
    .get(url, { headers, blocks, pieceBytes: pace && PIECE_BYTES, signal })
    .catch((error) => broken(error, signal))
  try {
    await checkHead(answer, first, last, signal)
    requireEtag(answer, etag)
    if (OPAQUE_ENCRYPTION.test(answer.headers['x-amz-server-side-encryption'] ?? '')) receiving.onOpaque()
    const wait = (forUs: boolean) => watchdog(forUs ? LONGEST_TIMER_MS : timing.stallMs)
    await writeBody(answer, receiving, wait, signal)
    if (stretch.position < end) {
      throw new NetworkError(`Expected bytes up to ${last}, got them up to ${origin + stretch.position - 1}.`)
    }
  } finally {
    answer.close()
  }
}

async function checkHead(answer: Got, first: number, last: number, signal: AbortSignal): Promise<void> {
  const { status, headers } = answer
  if (status === 206 && headers['content-range']?.startsWith(`bytes ${first}-${last}/`)) return
  if (status === 412) throw objectChanged()
  const body = status >= 300 ? await readText(answer, signal) : ''
  throw storeError({ status, body, retryAfter: retryAfter(answer) }, `send the bytes ${first} to ${last}`)
}

/** Not everyone between here and the store obeys If-Match. @throws {ObjectChangedError} */
function requireEtag({ headers }: Got, etag: string): void {
  const told = headers.etag?.replace(/^W\//, '').replaceAll('"', '')
  if (told && told !== etag) throw objectChanged()
}

/** In whole blocks; what is left in the last one when the connection breaks is written too. */
async function writeBody(
  { body }: Got,
  { stretch, origin, end, onProgress, pace }: Receiving,
  wait: (forUs: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  let isHeld = false
  const onBytes = (bytes: number) => {
    if (!isHeld) wait(false)
    onProgress(bytes)
  }
  const pieces = body.read(onBytes)
  for (;;) {
    const { value: bytes } = await pieces.next().catch((error) => broken(error, signal))
    if (!bytes) return
    if (bytes.length > end - stretch.position) throw tooMuch(origin + end - 1)
    isHeld = true
    wait(true)
    await stretch.write(bytes)
    await pace?.(bytes.length, signal)
    isHeld = false
    wait(false)
  }
}

async function readText({ body }: Got, signal: AbortSignal): Promise<string> {
  let text = ''
  const pieces = body.read()
  for (;;) {
    const { value: bytes } = await pieces.next().catch((error) => broken(error, signal))
    if (!bytes || text.length >= LONGEST_BODY) return text
    text += Buffer.from(bytes).toString('utf8')
  }
}

/** @throws {NetworkError}, or the signal's reason */
function broken(error: unknown, signal: AbortSignal): never {
  throw signal.aborted ? signal.reason : networkError(error)
}

function tooMuch(last: number) {
  return storeError({ status: 206, body: '' }, `end at the byte ${last}, got more`)
}
