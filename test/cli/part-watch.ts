import { subscribe } from 'node:diagnostics_channel'
import { appendFileSync } from 'node:fs'
import type { ClientRequest, IncomingMessage } from 'node:http'

/**
 * Loaded into the command by `--import`: writes down the number of each part when its PUT begins, and each range that arrives, and sends the
 * process its signals when the store has acknowledged so many parts, or so many bytes have arrived. Without others, that is `kill -9`.
 */
const { PARTS_LOG = '', KILL_AFTER, KILL_AFTER_BYTES, KILL_SIGNALS = 'SIGKILL', SLOW_MS } = process.env
/** Milliseconds that each piece of some 64 KiB takes at least. */
const slow = Number(SLOW_MS ?? 0)
const sleeper = new Int32Array(new SharedArrayBuffer(4))
let left = KILL_AFTER ? Number(KILL_AFTER) : Number.POSITIVE_INFINITY
let leftBytes = KILL_AFTER_BYTES ? Number(KILL_AFTER_BYTES) : Number.POSITIVE_INFINITY

subscribe('http.client.request.start', (message) => {
  const partNumber = partOf((message as { request: ClientRequest }).request)
  if (partNumber) appendFileSync(PARTS_LOG, `${partNumber}\n`)
})

subscribe('http.client.response.finish', (message) => {
  const { request, response } = message as { request: ClientRequest; response: IncomingMessage }
  if (response.statusCode === 206) watchRange(response)
  if (partOf(request) && response.statusCode === 200 && --left === 0) kill()
})

/** Each piece is written down before the command has it. */
function watchRange(response: IncomingMessage): void {
  let at = Number(/^bytes (\d+)-/.exec(response.headers['content-range'] ?? '')?.[1])
  const { push } = response
  response.push = (bytes: Buffer | null) => {
    if (bytes) {
      appendFileSync(PARTS_LOG, `${at}-${at + bytes.length}\n`)
      at += bytes.length
      leftBytes -= bytes.length
      if (slow > 0) Atomics.wait(sleeper, 0, 0, slow)
      if (leftBytes <= 0) kill()
    }
    return push.call(response, bytes)
  }
}

function kill(): void {
  left = leftBytes = Number.POSITIVE_INFINITY
  for (const signal of KILL_SIGNALS.split(' ')) process.kill(process.pid, signal)
}

function partOf({ method, path }: ClientRequest): string | null {
  return method === 'PUT' ? new URLSearchParams(path.slice(path.indexOf('?'))).get('partNumber') : null
}
