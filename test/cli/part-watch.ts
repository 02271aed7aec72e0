import { subscribe } from 'node:diagnostics_channel'
import { appendFileSync } from 'node:fs'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import type { NetConnectOpts, OnReadOpts } from 'node:net'

/**
 * Loaded into the command by `--import`: writes down the number of each part when its PUT begins, and each range that arrives, and sends the
 * process its signals when the store has acknowledged so many parts, or so many bytes have arrived. Without others, that is `kill -9`.
 */
const { PARTS_LOG = '', KILL_AFTER, KILL_AFTER_BYTES, KILL_SIGNALS = 'SIGKILL', SLOW_MS } = process.env
/** Milliseconds that each 64 KiB take at least. */
const slow = Number(SLOW_MS ?? 0)
const PIECE_BYTES = 64 * 1024
const sleeper = new Int32Array(new SharedArrayBuffer(4))
let left = KILL_AFTER ? Number(KILL_AFTER) : Number.POSITIVE_INFINITY
let leftBytes = KILL_AFTER_BYTES ? Number(KILL_AFTER_BYTES) : Number.POSITIVE_INFINITY

subscribe('http.client.request.start', (message) => {
  const partNumber = partOf((message as { request: ClientRequest }).request)
  if (partNumber) appendFileSync(PARTS_LOG, `${partNumber}\n`)
})

subscribe('http.client.response.finish', (message) => {
  const { request, response } = message as { request: ClientRequest; response: IncomingMessage }
  if (partOf(request) && response.statusCode === 200 && --left === 0) kill()
})

/** Downloads read from their connections themselves. */
const net: { connect: (options: NetConnectOpts) => unknown } = createRequire(import.meta.url)('node:net')
const { connect } = net
net.connect = (options) => connect(options.onread ? { ...options, onread: watched(options.onread) } : options)
syncBuiltinESMExports()

/** Each piece is written down before the command has it. */
function watched({ buffer, callback }: OnReadOpts): OnReadOpts {
  let head = ''
  let at = 0
  let end = 0
  return {
    buffer,
    callback(count, bytes) {
      let read = 0
      if (at >= end) {
        head += Buffer.from(bytes.buffer, bytes.byteOffset, count).toString('latin1')
        const headEnd = head.indexOf('\r\n\r\n')
        if (headEnd >= 0) {
          const [, first, last] = /^content-range: bytes (\d+)-(\d+)/im.exec(head.slice(0, headEnd)) ?? []
          at = Number(first ?? 0)
          end = last === undefined ? 0 : Number(last) + 1
          read = head.length - headEnd - 4
          head = ''
        }
      } else read = count
      if (at < end && read > 0) arrived(at, read)
      at += read
      return callback(count, bytes)
    },
  }
}

function arrived(start: number, bytes: number): void {
  appendFileSync(PARTS_LOG, `${start}-${start + bytes}\n`)
  leftBytes -= bytes
  if (slow > 0) Atomics.wait(sleeper, 0, 0, (slow * bytes) / PIECE_BYTES)
  if (leftBytes <= 0) kill()
}

function kill(): void {
  left = leftBytes = Number.POSITIVE_INFINITY
  for (const signal of KILL_SIGNALS.split(' ')) process.kill(process.pid, signal)
}

function partOf({ method, path }: ClientRequest): string | null {
  return method === 'PUT' ? new URLSearchParams(path.slice(path.indexOf('?'))).get('partNumber') : null
}
