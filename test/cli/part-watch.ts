import { subscribe } from 'node:diagnostics_channel'
import { appendFileSync } from 'node:fs'
import type { ClientRequest, IncomingMessage } from 'node:http'

/**
 * Loaded into the command by `--import`: writes down the number of each part when its PUT begins, and kills the process, as
 * `kill -9` does, when the store has acknowledged so many.
 */
const { PARTS_LOG = '', KILL_AFTER } = process.env
let left = KILL_AFTER ? Number(KILL_AFTER) : Number.POSITIVE_INFINITY

subscribe('http.client.request.start', (message) => {
  const partNumber = partOf((message as { request: ClientRequest }).request)
  if (partNumber) appendFileSync(PARTS_LOG, `${partNumber}\n`)
})

subscribe('http.client.response.finish', (message) => {
  const { request, response } = message as { request: ClientRequest; response: IncomingMessage }
  if (partOf(request) && response.statusCode === 200 && --left === 0) process.kill(process.pid, 'SIGKILL')
})

function partOf({ method, path }: ClientRequest): string | null {
  return method === 'PUT' ? new URLSearchParams(path.slice(path.indexOf('?'))).get('partNumber') : null
}
