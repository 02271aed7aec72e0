import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** What reaches the servers of this process, the local S3 among them. Times as of `performance.now()`. */
export interface StoreWatch {
  /** Of each part whose PUT has arrived: its number, and when that was. */
  readonly arrived: readonly { readonly partNumber: number; readonly at: number }[]
  /** Numbers of the parts that were answered 200. */
  readonly acknowledged: ReadonlySet<number>
  /** How many connections pages of ListParts were asked for on: one after another, they would share one. */
  readonly listingConnections: number
  /** Resolves once that many parts are acknowledged. */
  until(parts: number): Promise<void>
  end(): void
}

interface Exchange {
  readonly socket: Socket
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

export function watchStore(): StoreWatch {
  const arrived: { partNumber: number; at: number }[] = []
  const acknowledged = new Set<number>()
  let waiting: { parts: number; resolve: () => void } | undefined
  const listing = new Set<Socket>()

  const onStart = (message: unknown) => {
    const { request, socket } = message as Exchange
    const partNumber = partOf(request)
    if (partNumber) arrived.push({ partNumber, at: performance.now() })
    if (listsParts(request)) listing.add(socket)
  }
  const onFinish = (message: unknown) => {
    const { request, response } = message as Exchange
    const partNumber = partOf(request)
    if (partNumber && response.statusCode === 200) acknowledged.add(partNumber)
    if (waiting && acknowledged.size >= waiting.parts) waiting.resolve()
  }
  subscribe('http.server.request.start', onStart)
  subscribe('http.server.response.finish', onFinish)
  return {
    arrived,
    acknowledged,
    get listingConnections() {
      return listing.size
    },
    until: (parts) =>
      new Promise((resolve) => {
        waiting = { parts, resolve }
      }),
    end() {
      unsubscribe('http.server.request.start', onStart)
      unsubscribe('http.server.response.finish', onFinish)
    },
  }
}

function partOf({ method, url = '' }: IncomingMessage): number {
  return method === 'PUT' ? Number(queryOf(url).get('partNumber')) : 0
}

/** S3's operation, not the API's. */
function listsParts({ method, url = '' }: IncomingMessage): boolean {
  return method === 'GET' && queryOf(url).has('part-number-marker')
}

function queryOf(url: string): URLSearchParams {
  return new URLSearchParams(url.slice(url.indexOf('?')))
}
