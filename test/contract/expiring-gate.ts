import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Stands before a store, and lets an access key expire: whatever it signed is answered ExpiredToken then, as AWS does it. */
export interface ExpiringGate {
  readonly url: string
  /** The parts that the store took, in that order. */
  readonly stored: number[]
  /** From now on, of this access key. */
  expire(accessKeyId: string): void
  /** Resolves when the store has taken so many parts. */
  storedParts(count: number): Promise<void>
  close(): Promise<void>
}

const EXPIRED =
  '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>'

export async function startExpiringGate(storeUrl: string): Promise<ExpiringGate> {
  const expired = new Set<string>()
  const stored: number[] = []
  const waiting = new Set<() => void>()
  const server = createServer((incoming, outgoing) => {
    if (expired.has(accessKeyOf(incoming))) return refuse(incoming, outgoing)
    forward(storeUrl, incoming, outgoing, () => {
      const partNumber = partOf(incoming)
      if (partNumber) stored.push(partNumber)
      for (const look of waiting) look()
    })
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stored,
    expire: (accessKeyId) => void expired.add(accessKeyId),
    storedParts: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (stored.length < count) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The body is read, so that the connection lives on, as S3 does it. */
function refuse(incoming: IncomingMessage, outgoing: ServerResponse): void {
  incoming
    .resume()
    .on('end', () => outgoing.writeHead(400, { 'content-type': 'application/xml' }).end(EXPIRED))
}

function forward(
  storeUrl: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  onStored: () => void,
): void {
  const { method, url = '/', headers } = incoming
  const onward = request(new URL(url, storeUrl), { method, headers }, (answer) => {
    const { statusCode = 502 } = answer
    if (method === 'PUT' && statusCode === 200) onStored()
    outgoing.writeHead(statusCode, answer.rawHeaders)
    answer.pipe(outgoing)
  })
  onward.on('error', () => outgoing.destroy())
  outgoing.on('close', () => onward.destroy())
  incoming.pipe(onward)
}

/** Of a signature in the headers, or in the query. */
function accessKeyOf({ headers, url = '' }: IncomingMessage): string {
  const credential =
    /Credential=([^/,\s]+)/.exec(headers.authorization ?? '') ?? /X-Amz-Credential=([^%/&]+)/.exec(url)
  return credential?.[1] ?? ''
}

function partOf({ url = '' }: IncomingMessage): number {
  return Number(/[?&]partNumber=(\d+)/.exec(url)?.[1] ?? 0)
}
