import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Route, routes } from '../../protocol/routes.ts'
import { invoke } from '../lambda/invoke.ts'
import type { Target } from './target.ts'

export interface Api {
  readonly url: string
  close(): Promise<void>
}

/**
 * Partway's own functions before the store that is tested, in this process and behind plain HTTP. Once in a test file: they read
 * their environment when they are loaded.
 * @param endpoint of the store, as the functions and the clients see it
 */
export async function startApi(
  { engine: { region, credentials }, Bucket }: Target,
  endpoint: string | undefined,
): Promise<Api> {
  Object.assign(process.env, {
    BUCKET: Bucket,
    KEY_PREFIX: 'uploads',
    AUTH: 'none',
    MAX_OBJECT_SIZE: String(1024 ** 3),
    URL_LIFETIME: '600',
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    ...(credentials.sessionToken && { AWS_SESSION_TOKEN: credentials.sessionToken }),
    ...(endpoint && { AWS_ENDPOINT_URL_S3: endpoint }),
  })
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, search } = new URL(request.url ?? '/', 'http://api')
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const body = Buffer.concat(chunks).toString()
  const found = findRoute(request.method, pathname)
  if (!found) return void response.writeHead(404).end()
  const { handler } = await import(`../../lambda/${found.route.name}.ts`)
  const result = await invoke(handler, found.route, {
    path: found.path,
    query: search.slice(1),
    ...(body && { body }),
  })
  const text = result.body === undefined ? undefined : JSON.stringify(result.body)
  response.writeHead(result.status, { 'content-type': 'application/json' }).end(text)
}

function findRoute(
  method: string | undefined,
  pathname: string,
): { route: Route; path: Record<string, string> } | undefined {
  for (const route of Object.values(routes)) {
    const pattern = new RegExp(`^${route.path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`)
    const match = route.method === method ? pattern.exec(pathname) : null
    if (!match) continue
    const path = Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)])
    return { route, path: Object.fromEntries(path) }
  }
  return undefined
}
