import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import { KEEP_ALIVE_MS, serveOnLoopback } from '../listen.ts'
import type { Endpoint } from './call.ts'
import { answerRequest, refuseMalformed } from './exchange.ts'
import type { Principal } from './principal.ts'
import { Store } from './store/store.ts'
import { startSweeper } from './sweeper.ts'

export type { Principal } from './principal.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** How far a body may run ahead of the disk. */
const SOCKET_BUFFER_BYTES = 256 * 1024

/** Sees each request before its body is read, and holds it back until it resolves. */
export type Admission = (request: IncomingMessage, response: ServerResponse) => Promise<void> | undefined

export interface S3Options {
  /** Where buckets and objects live; made if missing. One server at a time may use it. */
  dataDir: string
  region: string
  findPrincipal(accessKeyId: string): Principal | undefined
  /** 0 takes a free one. */
  port: number
  /** How long a day of a lifecycle rule lasts. @default 86_400_000 */
  lifecycleDayMs?: number | undefined
  /** How long CompleteMultipartUpload takes at least. @default 0 */
  completeDelayMs?: number | undefined
  /** Parts keep their size, ETag and checksum, and read back as zeros: for huge plans. @default false */
  dropPartBytes?: boolean | undefined
  /** By which names it may be asked, besides those of loopback. @default none */
  hosts?: readonly string[] | undefined
  admit?: Admission | undefined
  /** The clock. @default () => new Date() */
  now?: (() => Date) | undefined
}

export interface S3Server {
  /** `http://localhost:<port>` */
  url: string
  port: number
  /** Cuts the connections; on return nothing touches the data any more. */
  close(): Promise<void>
}

/**
 * Starts the S3 endpoint of the local AWS: a development tool, on disk.
 *
 * @throws Error `EADDRINUSE` where the port is taken; the data is untouched then.
 */
export async function startS3(options: S3Options): Promise<S3Server> {
  const closing = new AbortController()
  const opened = Promise.withResolvers<Endpoint>()
  const calls = new Set<Promise<void>>()
  const listener: RequestListener = (incoming, response) => {
    const call = Promise.all([opened.promise, options.admit?.(incoming, response)])
      .then(([endpoint]) => answerRequest(endpoint, incoming, response))
      .finally(() => calls.delete(call))
    calls.add(call)
  }
  const { port, close } = await serveOnLoopback(() => createEndpointServer(listener), options.port)
  // Only now is it sure that no other server of this configuration is at the data.
  const endpoint = await openEndpoint(options, closing.signal).catch(async (error: unknown) => {
    await close()
    throw error
  })
  opened.resolve(endpoint)
  const sweeper = startSweeper(endpoint.store, endpoint.lifecycleDayMs, endpoint.now)
  return {
    url: `http://localhost:${port}`,
    port,
    close: async () => {
      closing.abort()
      await close()
      await Promise.all([...calls, sweeper.stop()])
      await endpoint.store.close()
    },
  }
}

function createEndpointServer(listener: RequestListener): Server {
  const server = createServer(
    { highWaterMark: SOCKET_BUFFER_BYTES, requestTimeout: 0, keepAliveTimeout: KEEP_ALIVE_MS },
    listener,
  )
  server.on('checkContinue', (incoming, response) => {
    // Whether a refused client sends its body all the same is its own choice: only a new connection is clear.
    response.setHeader('connection', 'close')
    listener(incoming, response)
  })
  server.on('clientError', refuseMalformed)
  return server
}

async function openEndpoint(options: S3Options, closing: AbortSignal): Promise<Endpoint> {
  return {
    store: await Store.open(options.dataDir, { dropParts: options.dropPartBytes ?? false }),
    region: options.region,
    findPrincipal: options.findPrincipal,
    lifecycleDayMs: options.lifecycleDayMs ?? DAY_MS,
    completeDelayMs: options.completeDelayMs ?? 0,
    hosts: options.hosts ?? [],
    closing,
    now: options.now ?? (() => new Date()),
  }
}
