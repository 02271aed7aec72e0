import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Listening {
  port: number
  close(): Promise<void>
}

/** `localhost` means either, and clients differ in which they try first. */
const IPV4 = '127.0.0.1'
const IPV6 = '::1'
/** Longer than clients keep idle connections: closing first would cut a request that is on its way. */
export const KEEP_ALIVE_MS = 75_000

/** Above the gateway's own limit, so that it is the gateway that answers. */
const MAX_HEADER_BYTES = 64 * 1024

/** As {@link serveOnLoopback}, with a server as the gateway wants it. */
export function listenOnLoopback(listener: RequestListener, port: number): Promise<Listening> {
  const options = { maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: KEEP_ALIVE_MS }
  return serveOnLoopback(() => createServer(options, listener), port)
}

/**
 * Serves on the loopback addresses that this machine has, and on nothing else.
 *
 * @param create a server; called once for each address
 * @param port 0: any that is free
 * @throws EADDRINUSE, with the `port` in the error
 */
export async function serveOnLoopback(create: () => Server, port: number): Promise<Listening> {
  const first = await listen(create(), port, IPV4)
  const { port: taken } = first.address() as AddressInfo
  const second = await listen(create(), taken, IPV6).catch(async (error: NodeJS.ErrnoException) => {
    // The machine has no such address.
    if (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT') return undefined
    await close(first)
    throw error
  })
  return {
    port: taken,
    close: async () => {
      await Promise.all([close(first), second && close(second)])
    },
  }
}

async function listen(server: Server, port: number, host: string): Promise<Server> {
  server.listen(port, host)
  await once(server, 'listening')
  return server
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}
