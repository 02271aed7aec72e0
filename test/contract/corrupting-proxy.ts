import { createServer, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What passed: a PUT, and whether a byte of it was flipped. */
interface PassedPut {
  readonly partNumber: number | 'whole'
  readonly corrupted: boolean
  readonly status: number
  /** Of the store's refusal. */
  readonly code: string | undefined
}

export interface CorruptingProxy {
  readonly url: string
  /** Flips one byte of that part, or of a whole object, the next time that it passes. */
  corrupt(partNumber: number | 'whole'): void
  readonly passed: readonly PassedPut[]
  close(): Promise<void>
}

/** A link on which bytes change: an HTTP proxy on loopback before a store, which sees the host that was signed. */
export async function startCorruptingProxy(store: string): Promise<CorruptingProxy> {
  const pending = new Set<number | 'whole'>()
  const passed: PassedPut[] = []
  const server = createServer(async (incoming, outgoing) => {
    const query = new URL(incoming.url ?? '/', store).searchParams
    const partNumber = Number(query.get('partNumber')) || 'whole'
    const isPut = incoming.method === 'PUT'
    const body = await readBody(incoming)
    const corrupted = isPut && pending.delete(partNumber)
    if (corrupted) body[body.length >> 1] = (body[body.length >> 1] ?? 0) ^ 1
    const answer = await forward(store, incoming, body)
    if (isPut) passed.push({ partNumber, corrupted, ...outcomeOf(answer) })
    outgoing.writeHead(answer.status, answer.headers).end(answer.body)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    corrupt: (partNumber) => pending.add(partNumber),
    passed,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

function forward(
  store: string,
  { method, url = '/', headers }: IncomingMessage,
  body: Buffer,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const onward = request(new URL(url, store), { method, headers }, async (answer) => {
      const { statusCode: status = 502, headers } = answer
      resolve({ status, headers, body: await readBody(answer) })
    })
    onward.on('error', reject).end(body)
  })
}

function outcomeOf({ status, body }: Answer): { status: number; code: string | undefined } {
  return { status, code: /<Code>(.*?)<\/Code>/.exec(body.toString())?.[1] }
}

async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk)
  return Buffer.concat(chunks)
}
