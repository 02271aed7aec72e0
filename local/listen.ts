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
/** Above the gateway's own limit, so that it is the gateway that answers. */
const MAX_HEADER_BYTES = 64 * 1024
/** Longer than clients keep idle connections: closing first would cut a request that is on its way. */
const KEEP_ALIVE_MS = 75_000

/**
 * Serves on the loopback addresses that this machine has, and on nothing else.
 *
 * @param port 0: any that is free
 * @throws EADDRINUSE, with the `port` in the error
 */
export async function listenOnLoopback(listener: RequestListener, port: number): Promise<Listening> {
  const first = await listen(listener, port, IPV4)
  const { port: taken } = first.address() as AddressInfo
  const second = await listen(listener, taken, IPV6).catch(async (error: NodeJS.ErrnoException) => {
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

async function listen(listener: RequestListener, port: number, host: string): Promise<Server> {
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: KEEP_ALIVE_MS }, listener)
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
