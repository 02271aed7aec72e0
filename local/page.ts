import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { basename, join } from 'node:path'
import { build } from 'esbuild'
import mime from 'mime'
import { pagePolicy } from '../protocol/page-policy.ts'

/** The web page, bundled and held in memory. */
export interface Page {
  /**
   * Answers what is the page's: `GET /` of a browser's navigation, `/config.json`, and `/assets/*`.
   *
   * @returns false where the request is not the page's
   */
  serve(request: IncomingMessage, response: ServerResponse): boolean
}

interface File {
  type: string
  body: Uint8Array
}

export interface PageOptions {
  /** A folder with index.html, main.ts and perhaps style.css, which the page asks for as `/assets/main.js` and `/assets/style.css`. */
  directory: string
  /** What the page reads as `/config.json`. */
  config: object
  /** The origins beside its own that the page may talk to: S3, and who signs people in. */
  connectTo: string[]
}

export async function createPage({ directory, config, connectTo }: PageOptions): Promise<Page> {
  const [index, assets] = await Promise.all([readFile(join(directory, 'index.html')), bundle(directory)])
  const files = new Map<string, File>([
    ...assets,
    ['/', { type: 'text/html; charset=utf-8', body: index }],
    ['/config.json', { type: 'application/json', body: Buffer.from(JSON.stringify(config)) }],
  ])
  const policy = `${pagePolicy(connectTo)}; frame-ancestors 'none'`

  return {
    serve(request, response) {
      const { method, url = '/', headers } = request
      const path = url.split('?', 1)[0] ?? '/'
      if (path === '/') response.appendHeader('vary', 'Accept')
      if (method !== 'GET' && method !== 'HEAD') return false
      const file = files.get(path)
      const isPages =
        path === '/' ? headers.accept?.includes('text/html') : file || path.startsWith('/assets/')
      if (!isPages) return false
      response.setHeader('x-content-type-options', 'nosniff')
      response.setHeader('cache-control', 'no-cache')
      if (file === undefined) {
        response.writeHead(404, { 'content-type': 'text/plain' }).end(`There is no ${path}.\n`)
        return true
      }
      response.setHeader('content-security-policy', policy)
      response.writeHead(200, { 'content-type': file.type, 'content-length': file.body.length })
      response.end(method === 'HEAD' ? undefined : file.body)
      return true
    },
  }
}

async function bundle(directory: string): Promise<Map<string, File>> {
  const { outputFiles } = await build({
    entryPoints: ['main.ts', 'style.css'].map((name) => join(directory, name)).filter(existsSync),
    outdir: join(directory, 'assets'),
    bundle: true,
    splitting: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    sourcemap: true,
    // Keeps source maps free of where the checkout lies.
    sourceRoot: '/',
    logLevel: 'silent',
  })
  return new Map(
    outputFiles.map(({ path, contents }) => [
      `/assets/${basename(path)}`,
      { type: `${mime.getType(path)}; charset=utf-8`, body: contents },
    ]),
  )
}
