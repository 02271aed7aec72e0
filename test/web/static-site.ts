import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import mime from 'mime'
import { listenOnLoopback } from '../../local/listen.ts'

/** The files of a folder on a port of their own, as any web server has them. */
export interface StaticSite {
  readonly origin: string
  close(): Promise<void>
}

export async function serveFolder(folder: string): Promise<StaticSite> {
  const server = await listenOnLoopback(async ({ url = '/' }, response) => {
    const path = new URL(url, 'http://site').pathname.replace(/\/$/, '/index.html')
    try {
      const body = await readFile(join(folder, path))
      response.writeHead(200, { 'content-type': mime.getType(path) ?? 'application/octet-stream' }).end(body)
    } catch {
      response.writeHead(404).end()
    }
  }, 0)
  return { origin: `http://127.0.0.1:${server.port}`, close: server.close }
}
