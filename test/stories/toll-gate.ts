import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream'
import { type Settling, settling } from '../client/settling.ts'

/** One request that came by, and how far it came. */
export interface Passage {
  readonly method: string
  /** Decoded, below the bucket. */
  readonly key: string
  /** Of a part; absent with a whole object. */
  readonly partNumber: number | undefined
  /** What the client calls the file, where it says so. */
  readonly fileName: string | undefined
  /** Bytes of its body. */
  readonly size: number
  /** Once the store has answered. */
  status: number | undefined
  /** Whether the client was given the whole answer. */
  answered: boolean
  /** Bytes of the answer's body that the client was given. */
  given: number
}

export interface TollGate {
  readonly url: string
  /** In the order in which they came. */
  readonly passages: readonly Passage[]
  /** Resolves as soon as that is true of the passages. */
  until(condition: () => boolean): Promise<void>
  /** Resolves once all who came have gone, and the server has answered them. */
  settled(): Promise<void>
  close(): Promise<void>
}

export interface TollGateOptions {
  /** The server's origin. */
  readonly upstream: string
  /** Whether the server has to see its own host, because that is what was signed. @default the one that the client saw */
  readonly ownHost?: boolean
  /** Changes the text of each answer. */
  readonly translate?: (text: string) => string
}

/** A connection for each: the server may close an idle one in the moment in which it would be used again. */
const agent = new Agent({ keepAlive: false })

/** Stands between a command and a server on loopback, lets everything pass, and counts. */
export async function startTollGate(options: TollGateOptions): Promise<TollGate> {
  const passages: Passage[] = []
  const waiting = new Map<() => boolean, () => void>()
  const look = () => {
    for (const [condition, resolve] of waiting) if (condition()) resolve()
  }
  const server = createServer({ requestTimeout: 0 }, (incoming, outgoing) => {
    const passage = passageOf(incoming)
    passages.push(passage)
    pass(incoming, outgoing, { ...options, passage, look, hold })
  })
  const { hold, settled } = settling(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passages,
    until: (condition) =>
      new Promise((resolve) => {
        const settle = () => {
          waiting.delete(condition)
          resolve()
        }
        waiting.set(condition, settle)
        look()
      }),
    settled,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function passageOf({ method = '', url = '/', headers }: IncomingMessage): Passage {
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  const partNumber = searchParams.get('partNumber')
  return {
    method,
    key: decodeURIComponent(pathname.split('/').slice(2).join('/')),
    partNumber: partNumber === null ? undefined : Number(partNumber),
    fileName: headers['x-amz-meta-file-name']?.toString(),
    size: Number(headers['content-length'] ?? 0),
    status: undefined,
    answered: false,
    given: 0,
  }
}

interface Passing extends TollGateOptions {
  readonly passage: Passage
  look(): void
  readonly hold: Settling['hold']
}

function pass(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { upstream, ownHost, translate, passage, look, hold }: Passing,
): void {
  const { 'accept-encoding': _, connection, expect, ...headers } = incoming.headers
  if (ownHost) headers.host = new URL(upstream).host
  const onward = request(new URL(incoming.url ?? '/', upstream), { method: passage.method, headers, agent })
  hold(onward)
  // What has arrived whole is the server's, whoever has left; of the rest, it has to hear.
  outgoing.on('close', () => {
    if (!incoming.complete) onward.destroy()
  })
  onward.on('error', () => outgoing.destroy())
  onward.on('response', async (answer) => {
    passage.status = answer.statusCode
    outgoing.on('finish', () => {
      passage.answered = true
      look()
    })
    const { connection, 'keep-alive': _, ...answerHeaders } = answer.headers
    if (translate) {
      const text = translate(Buffer.concat(await answer.toArray()).toString())
      const length = { 'content-length': Buffer.byteLength(text) }
      outgoing.writeHead(answer.statusCode ?? 502, { ...answerHeaders, ...length }).end(text)
      return
    }
    outgoing.writeHead(answer.statusCode ?? 502, answerHeaders)
    answer.on('data', (chunk: Buffer) => {
      passage.given += chunk.length
      look()
    })
    if (outgoing.destroyed) answer.destroy()
    else pipeline(answer, outgoing, () => {})
  })
  incoming.pipe(onward)
}
