import { subscribe } from 'node:diagnostics_channel'
import { appendFileSync } from 'node:fs'
import type { ClientRequest, IncomingMessage } from 'node:http'

/**
 * Loaded into the command by `--import`: writes down the number of each part when its PUT begins, and sends the process its signals
 * when the store has acknowledged so many. Without others, that is `kill -9`.
 */
const { PARTS_LOG = '', KILL_AFTER, KILL_SIGNALS = 'SIGKILL' } = process.env
let left = KILL_AFTER ? Number(KILL_AFTER) : Number.POSITIVE_INFINITY

subscribe('http.client.request.start', (message) => {
  const partNumber = partOf((message as { request: ClientRequest }).request)
  if (partNumber) appendFileSync(PARTS_LOG, `${partNumber}\n`)
})

subscribe('http.client.response.finish', (message) => {
  const { request, response } = message as { request: ClientRequest; response: IncomingMessage }
  if (!partOf(request) || response.statusCode !== 200 || --left !== 0) return
  for (const signal of KILL_SIGNALS.split(' ')) process.kill(process.pid, signal)
})

function partOf({ method, path }: ClientRequest): string | null {
  return method === 'PUT' ? new URLSearchParams(path.slice(path.indexOf('?'))).get('partNumber') : null
}
