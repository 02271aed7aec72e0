import { request } from 'node:http'
import { listenOnLoopback } from '../../local/listen.ts'

export interface EdgeOptions {
  /** The emulator's port. */
  readonly port: number
  /** The host that requests are for, once that is known; absent for the one that they came to. */
  readonly host?: () => string
}

export interface Edge {
  readonly url: string
  close(): Promise<void>
}

/**
 * Stands where AWS terminates TLS and resolves names: takes plain HTTP on a port of 127.0.0.1, and tells the emulator that
 * it came over TLS, which bucket policies demand, and for which host, which no resolver here knows.
 */
export async function startEdge({ port, host }: EdgeOptions): Promise<Edge> {
  const server = await listenOnLoopback((incoming, answer) => {
    const { method, url: path, headers } = incoming
    const outgoing = request({
      host: '127.0.0.1',
      port,
      method,
      path,
      headers: { ...headers, ...(host && { host: host() }), 'x-forwarded-proto': 'https' },
    })
    outgoing.once('response', (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers)
      response.pipe(answer)
      response.once('error', () => answer.destroy())
    })
    outgoing.once('error', () => answer.destroy())
    answer.once('close', () => outgoing.destroy())
    incoming.pipe(outgoing)
  }, 0)
  return { url: `http://127.0.0.1:${server.port}`, close: server.close }
}
