import { once } from 'node:events'
import { type RequestListener, request } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { listenOnLoopback } from '../../local/listen.ts'

export interface EdgeOptions {
  /** The emulator's port. */
  readonly port: number
  /**
   * The host that a request is for, by the one that it came to.
   * @default the same
   */
  readonly host?: (asked: string) => string
}

export interface TlsEdgeOptions extends EdgeOptions {
  /** PEM. */
  readonly cert: Buffer
  /** PEM. */
  readonly key: Buffer
}

export interface Edge {
  readonly port: number
  close(): Promise<void>
}

/**
 * Stands where AWS terminates TLS and resolves names: takes plain HTTP on a port of 127.0.0.1, and tells the emulator that
 * it came over TLS, which bucket policies demand, and for which host, which no resolver here knows.
 */
export function startEdge(options: EdgeOptions): Promise<Edge> {
  return listenOnLoopback(forwarder(options), 0)
}

/** The same over TLS. */
export async function startTlsEdge({ cert, key, ...options }: TlsEdgeOptions): Promise<Edge> {
  const server = createServer({ cert, key }, forwarder(options))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function forwarder({ port, host = (asked) => asked }: EdgeOptions): RequestListener {
  return (incoming, answer) => {
    const { method, url: path, headers } = incoming
    const outgoing = request({
      host: '127.0.0.1',
      port,
      method,
      path,
      headers: { ...headers, host: host(headers.host ?? ''), 'x-forwarded-proto': 'https' },
    })
    outgoing.once('response', (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers)
      response.pipe(answer)
      response.once('error', () => answer.destroy())
    })
    outgoing.once('error', () => answer.destroy())
    answer.once('close', () => outgoing.destroy())
    incoming.pipe(outgoing)
  }
}
