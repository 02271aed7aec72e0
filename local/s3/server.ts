import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Answer, Endpoint } from './call.ts'
import { corsHeaders } from './cors-match.ts'
import { errorAnswer, errorDocument } from './error-answer.ts'
import { S3Error } from './errors.ts'
import type { Principal } from './principal.ts'
import { parseRequest, type S3Request } from './request.ts'
import { route } from './router.ts'
import { send } from './send.ts'
import { Store } from './store/store.ts'
import { startSweeper } from './sweeper.ts'

export type { Principal } from './principal.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const KEEP_ALIVE_MS = 75_000
/** Sockets hand over this much at once; larger buffers mean fewer, larger writes to the disk. */
const SOCKET_BUFFER_BYTES = 256 * 1024

export interface S3Options {
  /** Where buckets and objects live; made if missing. One server at a time may use it. */
  dataDir: string
  region: string
  findPrincipal(accessKeyId: string): Principal | undefined
  /** @default '127.0.0.1' */
  host?: string | undefined
  /** 0 takes a free one. */
  port: number
  /** How long a day of a lifecycle rule lasts. @default 86_400_000 */
  lifecycleDayMs?: number | undefined
  /** How long CompleteMultipartUpload takes at least. @default 0 */
  completeDelayMs?: number | undefined
  /** Parts keep their size, ETag and checksum, and read back as zeros: for huge plans. @default false */
  dropPartBytes?: boolean | undefined
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

type FindPrincipal = S3Options['findPrincipal']

/**
 * Starts the S3 endpoint of the local AWS: a development tool, on disk.
 *
 * @throws Error `EADDRINUSE` where the port is taken; the data is untouched then.
 */
export async function startS3(options: S3Options): Promise<S3Server> {
  const closing = new AbortController()
  const opened = Promise.withResolvers<Endpoint>()
  const calls = new Set<Promise<void>>()
  const server = createServer({
    highWaterMark: SOCKET_BUFFER_BYTES,
    requestTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
  })
  const listener = (incoming: IncomingMessage, response: ServerResponse) => {
    const call = opened.promise
      .then((endpoint) => handle(endpoint, options.findPrincipal, incoming, response))
      .finally(() => calls.delete(call))
    calls.add(call)
  }
  server.on('request', listener)
  server.on('checkContinue', (incoming, response) => {
    // Whether a refused client sends its body all the same is its own choice: only a new connection is clear.
    response.setHeader('connection', 'close')
    listener(incoming, response)
  })
  server.on('clientError', refuseMalformed)
  await listen(server, options)
  // Only now is it sure that no other server of this configuration is at the data.
  const endpoint = await openEndpoint(options, closing.signal)
  opened.resolve(endpoint)
  const sweeper = startSweeper(endpoint.store, endpoint.lifecycleDayMs, endpoint.now)
  const { port } = server.address() as AddressInfo
  return {
    url: `http://localhost:${port}`,
    port,
    close: async () => {
      closing.abort()
      server.close()
      server.closeAllConnections()
      await Promise.all([...calls, sweeper.stop()])
      await endpoint.store.close()
    },
  }
}

async function listen(server: Server, { host = '127.0.0.1', port }: S3Options): Promise<void> {
  server.listen(port, host)
  await once(server, 'listening')
}

async function openEndpoint(options: S3Options, closing: AbortSignal): Promise<Endpoint> {
  return {
    store: await Store.open(options.dataDir, { dropParts: options.dropPartBytes ?? false }),
    region: options.region,
    lifecycleDayMs: options.lifecycleDayMs ?? DAY_MS,
    completeDelayMs: options.completeDelayMs ?? 0,
    closing,
    now: options.now ?? (() => new Date()),
  }
}

async function handle(
  endpoint: Endpoint,
  findPrincipal: FindPrincipal,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const ids = requestIds()
  const answer = await produce(endpoint, findPrincipal, incoming, response, ids)
  if (response.destroyed) return
  const headers = {
    'x-amz-request-id': ids.requestId,
    'x-amz-id-2': ids.hostId,
    server: 'Partway',
    ...answer.headers,
  }
  try {
    const sent = send(response, { ...answer, headers })
    // An early refusal leaves a body on its way: it is read and dropped, so that the connection lives on.
    incoming.resume()
    await sent
  } catch (error) {
    reportFailure(endpoint, error)
    response.destroy()
  }
}

async function produce(
  endpoint: Endpoint,
  findPrincipal: FindPrincipal,
  incoming: IncomingMessage,
  response: ServerResponse,
  ids: Pick<S3Request, 'requestId' | 'hostId'>,
): Promise<Answer> {
  const context = { ...ids, resource: incoming.url?.split('?')[0] ?? '/' }
  let cors = {}
  try {
    const request = parseRequest(incoming, response, ids)
    const bucket = request.bucket === undefined ? undefined : endpoint.store.find(request.bucket)
    if (request.method !== 'OPTIONS') {
      cors = corsHeaders(bucket?.record.cors ?? [], request.method, request.headers)
    }
    const answer = await route(endpoint, findPrincipal, request)
    return { ...answer, headers: { ...answer.headers, ...cors } }
  } catch (error) {
    if (!(error instanceof S3Error)) reportFailure(endpoint, error)
    const answer = errorAnswer(error, context)
    return { ...answer, headers: { ...answer.headers, ...cors } }
  }
}

function requestIds(): { requestId: string; hostId: string } {
  return {
    requestId: randomBytes(8).toString('hex').toUpperCase(),
    hostId: randomBytes(56).toString('base64'),
  }
}

/** What is no HTTP gets an answer in S3's form nevertheless. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const code = error.code === 'HPE_HEADER_OVERFLOW' ? 'RequestHeaderSectionTooLarge' : 'BadRequest'
  const { requestId, hostId } = requestIds()
  const body = errorDocument(new S3Error(code), { resource: '/', requestId, hostId })
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: application/xml\r\nContent-Length: ${Buffer.byteLength(body)}\r\nx-amz-request-id: ${requestId}\r\nx-amz-id-2: ${hostId}\r\nConnection: close\r\n\r\n${body}`,
  )
}

/** Such as a full disk: the client learns that it was not its fault, the terminal learns why. */
function reportFailure({ closing }: Endpoint, error: unknown): void {
  if (!closing.aborted) process.emitWarning(error instanceof Error ? error : String(error))
}
