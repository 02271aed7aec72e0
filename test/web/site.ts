import { createServer, request as forward, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server on this machine. */
export interface Server {
  /** Without a slash at its end. */
  readonly url: string
  close(): Promise<void>
}

/** Somebody's site, with pages that have the element and nothing else. */
export interface Site extends Server {
  /** The address of a page. @param policy its Content-Security-Policy. @default none */
  page(html: string, policy?: string): string
}

export async function startSite(): Promise<Site> {
  const pages: { html: string; policy: string }[] = []
  const server = await serve(({ url = '' }, response) => {
    const { html, policy } = pages[Number(url.slice(1))] ?? { html: '', policy: '' }
    const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy }
    response.writeHead(html ? 200 : 404, headers).end(`<!doctype html><title>A site</title>${html}`)
  })
  return {
    ...server,
    page: (html, policy = '') => `${server.url}/${pages.push({ html, policy }) - 1}`,
  }
}

export interface Answer {
  readonly status: number
  readonly headers?: Record<string, string>
  readonly body?: string
}

/** What stands between pages and the API, and is in a bad mood at times. */
export interface Front extends Server {
  /** Answers in its stead; asked for every request. @default never */
  instead: (request: IncomingMessage) => Answer | undefined
  /** Whether pages of other origins may read the answers, as far as the API allows. @default true */
  letsPagesIn: boolean
}

export async function startFront(apiUrl: string): Promise<Front> {
  const front: Pick<Front, 'instead' | 'letsPagesIn'> = { instead: () => undefined, letsPagesIn: true }
  const server = await serve((request, response) => {
    const { method, url, headers } = request
    const leave = { 'access-control-allow-origin': headers.origin ?? '*' }
    const own = method === 'OPTIONS' ? undefined : front.instead(request)
    if (own) {
      request.resume()
      response.writeHead(own.status, { ...(front.letsPagesIn && leave), ...own.headers }).end(own.body)
      return
    }
    const { host } = new URL(apiUrl)
    const passedOn = forward(
      new URL(url ?? '', apiUrl),
      { method, headers: { ...headers, host } },
      (answer) => {
        const kept = Object.entries(answer.headers).filter(
          ([name]) => front.letsPagesIn || !name.startsWith('access-control-'),
        )
        response.writeHead(answer.statusCode ?? 500, Object.fromEntries(kept))
        answer.pipe(response)
      },
    )
    passedOn.on('error', () => response.destroy())
    request.pipe(passedOn)
  })
  return Object.assign(front, server)
}

async function serve(listener: RequestListener): Promise<Server> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
