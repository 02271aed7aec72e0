import { once } from 'node:events'
import * as http from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { type Exchange, readExchange } from './exchange.ts'
import { errorBody, type Fault, type Moment } from './fault.ts'

/** One request that came by, and what became of it. */
export interface Attempt extends Exchange {
  readonly fault: Fault | undefined
  /** `performance.now()` */
  readonly began: number
  ended: number
  /** Bytes of its body that the client has sent, as far as they have arrived. */
  received: number
  /** When the last of them did. */
  moved: number
  /** Of the answer that the client was given whole; `undefined` where it got none, or half of one. */
  answered: number | undefined
  /** What has to happen before it goes on. */
  ready?: Promise<void>
  /** What broke it, where that was no fault of the plan's. */
  broken: 'client' | 'server' | undefined
}

export function newAttempt(exchange: Exchange, fault: Fault | undefined): Attempt {
  const now = performance.now()
  return {
    ...exchange,
    fault,
    began: now,
    ended: Number.POSITIVE_INFINITY,
    received: 0,
    moved: now,
    answered: undefined,
    broken: undefined,
  }
}

export interface ProxyOptions {
  /** Where the server is; asked for each request. Requests of browsers, which name it themselves, go there. */
  upstream?(): { host: string; port: number }
  /** Hears of each request when its head is there, counts it, and says what happens to it. */
  direct(request: Omit<Exchange, 'attempt'>): Attempt
  /** Whether clients speak to S3 with credentials of their own. */
  straight?(): boolean
  /** Added to the time of day in every answer to the client. */
  skewMs?: () => number
  /** 0: any that is free. */
  port?: number
}

export interface FaultProxy {
  readonly url: string
  readonly port: number
  /** Where no byte moves, bytes are read again, and thrown away: whether the client has left is not seen before. */
  release(): void
  /** Breaks every connection. */
  breakAll(): void
  /** How many connections are open that no function has: theirs are kept alive. */
  readonly connections: number
  close(): Promise<void>
}

const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding']

/**
 * Stands between a client and a server on loopback, and does to each request what the plan says. The head goes on as it
 * came, Host included, so that signatures stay good. Under no fault it is as good as not there.
 */
export async function startFaultProxy(options: ProxyOptions): Promise<FaultProxy> {
  const agent = new http.Agent({ keepAlive: true })
  const stalled: Stalled = new Map()
  const sockets = new Set<Socket>()
  const server = http.createServer(
    { requestTimeout: 0, keepAliveTimeout: 75_000, maxHeaderSize: 64 * 1024 },
    (request, response) => {
      const attempt = options.direct(readExchange(request, options.straight?.()))
      if (attempt.operation === 'other') sockets.delete(request.socket)
      void relay(request, response, attempt, options, { agent, stalled })
    },
  )
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    release() {
      for (const letGo of stalled.values()) letGo()
      stalled.clear()
    },
    breakAll: () => server.closeAllConnections(),
    get connections() {
      return sockets.size
    },
    async close() {
      server.close()
      server.closeAllConnections()
      agent.destroy()
      await once(server, 'close')
    },
  }
}

async function relay(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  attempt: Attempt,
  options: ProxyOptions,
  { agent, stalled }: { agent: http.Agent; stalled: Stalled },
): Promise<void> {
  // The request forgets it once it is over.
  const { socket } = request
  const gone = new AbortController()
  const end = () => {
    attempt.ended = Math.min(attempt.ended, performance.now())
  }
  response.once('finish', () => {
    attempt.answered = response.statusCode
    end()
  })
  response.once('close', () => {
    if (attempt.answered === undefined && !gone.signal.aborted) attempt.broken = 'client'
    end()
    gone.abort()
  })
  // Told by `close` and by what is awaited.
  request.on('error', () => {})
  response.on('error', () => {})
  const closed = once(response, 'close').then(() => {
    throw new Gone()
  })
  closed.catch(() => {})

  /** Breaks off both ways. */
  const drop = () => {
    gone.abort()
    socket.destroy()
  }
  /** @throws {Gone} where this is the moment at which the connection breaks, or is to stand still */
  const reach = async (moment: Moment) => {
    const { fault } = attempt
    if ((fault?.kind === 'drop' || fault?.kind === 'stall') && fault.at === moment) {
      if (fault.kind === 'stall') {
        stalled.set(request, () => {
          // Answered all the same, where the server has refused it.
          if (response.writableFinished) socket.destroy()
          else
            request
              .removeAllListeners('readable')
              .on('data', () => {})
              .resume()
        })
        return closed
      }
      drop()
      throw new Gone()
    }
  }

  try {
    await Promise.race([
      converse(request, response, attempt, options, { agent, reach, signal: gone.signal }),
      closed,
    ])
  } catch (error) {
    if (!(error instanceof Gone)) attempt.broken ??= 'server'
    drop()
  }
}

/** Where no byte moves. */
type Stalled = Map<http.IncomingMessage, () => void>

class Gone extends Error {}

interface Means {
  readonly agent: http.Agent
  readonly signal: AbortSignal
  reach(moment: Moment): Promise<void>
}

async function converse(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  attempt: Attempt,
  options: ProxyOptions,
  means: Means,
): Promise<void> {
  const { fault } = attempt
  const { reach, signal } = means
  await attempt.ready
  await reach('head')
  if (fault?.kind === 'delay') await delay(fault.ms, undefined, { signal })
  if (fault?.kind === 'answer' && fault.when !== 'late') {
    allowPage(request, response)
    if (fault.when === 'early') request.resume()
    else for await (const chunk of request) attempt.received += chunk.length
    return answerWith(fault, response, attempt)
  }

  const outgoing = http.request({
    ...targetOf(request, options),
    agent: means.agent,
    method: request.method,
    headers: keepHeaders(request.rawHeaders),
    setDefaultHeaders: false,
    signal,
  })
  const answered = once(outgoing, 'response') as Promise<[http.IncomingMessage]>
  answered.catch(() => {})
  outgoing.on('error', () => {})
  const sent = sendBody(request, outgoing, attempt, reach).then(() => reach('sent'))
  // A server that refuses need not wait for the body.
  await Promise.race([sent, answered])
  const [incoming] = await answered
  const body = await bodyOf(incoming)
  await reach('done')
  if (fault?.kind === 'answer') {
    allowPage(request, response)
    return answerWith(fault, response, attempt)
  }
  answer(incoming, body, response, attempt, attempt.operation === 'other' ? 0 : (options.skewMs?.() ?? 0))
}

/** What the server does not want any more is thrown away. */
async function sendBody(
  request: http.IncomingMessage,
  outgoing: http.ClientRequest,
  attempt: Attempt,
  reach: Means['reach'],
): Promise<void> {
  const { fault, size } = attempt
  const moment = fault && 'at' in fault && typeof fault.at === 'number' ? fault.at : 1
  const mark = Math.min(Math.floor(size * moment), Math.max(0, size - 1))
  const breaks = fault?.kind === 'drop' || fault?.kind === 'stall'
  const over = once(outgoing, 'close').catch(() => {})
  for await (const chunk of request as AsyncIterable<Buffer>) {
    const at = mark - attempt.received
    const reached = moment < 1 && at >= 0 && at < chunk.length
    if (reached && fault?.kind === 'corrupt') chunk[at] = (chunk[at] ?? 0) ^ 1
    const piece = reached && breaks ? chunk.subarray(0, at) : chunk
    attempt.received += piece.length
    attempt.moved = performance.now()
    if (!outgoing.destroyed && !outgoing.write(piece)) {
      await Promise.race([new Promise((resolve) => outgoing.once('drain', resolve)), over])
    }
    if (reached) await reach(moment)
  }
  outgoing.end()
}

async function bodyOf(incoming: http.IncomingMessage): Promise<Buffer> {
  return Buffer.concat(await incoming.toArray())
}

function answer(
  incoming: http.IncomingMessage,
  body: Buffer,
  response: http.ServerResponse,
  { fault, operation }: Attempt,
  skewMs: number,
): void {
  const { statusCode = 502, headersDistinct } = incoming
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    if (!HOP_BY_HOP.includes(name))
      response.setHeader(name, name === 'date' ? skewed(values[0], skewMs) : values)
  }
  if (fault?.kind === 'garble') {
    if (operation !== 'get') {
      strangersPage(response)
      return
    }
    const at = Math.floor(body.length / 2)
    body[at] = (body[at] ?? 0) ^ 1
  }
  if (fault?.kind === 'truncate' || fault?.kind === 'freeze') {
    if (response.req.method === 'HEAD') {
      // There is nothing of it but its head.
      if (fault.kind === 'truncate') response.destroy()
      return
    }
    response.setHeader('content-length', Math.max(body.length, 2))
    response.writeHead(statusCode)
    const part = body.subarray(0, Math.floor(body.length * fault.of))
    if (fault.kind === 'truncate') response.write(part, () => response.destroy())
    else if (part.length > 0) response.write(part)
    else response.flushHeaders()
    return
  }
  response.writeHead(statusCode).end(body)
}

/** As a hotel's network answers whatever it is asked. */
function strangersPage(response: http.ServerResponse): void {
  for (const name of response.getHeaderNames()) response.removeHeader(name)
  response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Welcome</title>')
}

function answerWith(
  fault: Extract<Fault, { kind: 'answer' }>,
  response: http.ServerResponse,
  { forStore }: Attempt,
): void {
  const { type, body } = errorBody(fault, forStore)
  response.writeHead(fault.status, { 'content-type': type, 'content-length': body.length }).end(body)
}

/** S3 and the gateway let pages read their errors, too. */
function allowPage({ headers }: http.IncomingMessage, response: http.ServerResponse): void {
  if (headers.origin) response.setHeader('access-control-allow-origin', headers.origin)
}

function skewed(date: string | undefined, milliseconds: number): string {
  return new Date(Date.parse(date ?? '') + milliseconds).toUTCString()
}

function targetOf({ url = '/' }: http.IncomingMessage, { upstream }: ProxyOptions): http.RequestOptions {
  if (upstream) return { ...upstream(), path: url }
  const { hostname, port, pathname, search } = new URL(url)
  return { host: hostname, port, path: pathname + search }
}

function keepHeaders(raw: readonly string[]): string[] {
  return raw.filter((_, index) => !HOP_BY_HOP.includes((raw[index - (index % 2)] ?? '').toLowerCase()))
}
