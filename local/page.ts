import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join, relative } from 'node:path'
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
  /**
   * Modules that pages of other origins may load, too, by the names that they have below `/assets/`.
   * @default none
   */
  modules?: Record<string, string>
  /** What the page reads as `/config.json`. */
  config: object
  /** The origins beside its own that the page may talk to: S3, and who signs people in. */
  connectTo: string[]
}

const ASSETS = '/assets/'
/** Their names are hashes of what is in them. */
const CHUNKS = `${ASSETS}chunks/`
const FOREVER = 'public, max-age=31536000, immutable'

export async function createPage({ directory, modules, config, connectTo }: PageOptions): Promise<Page> {
  const [index, assets] = await Promise.all([
    readFile(join(directory, 'index.html')),
    bundle(directory, modules),
  ])
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
      const isPages = path === '/' ? headers.accept?.includes('text/html') : file || path.startsWith(ASSETS)
      if (!isPages) return false
      response.setHeader('x-content-type-options', 'nosniff')
      response.setHeader('cache-control', path.startsWith(CHUNKS) ? FOREVER : 'no-cache')
      if (path.startsWith(ASSETS)) response.setHeader('access-control-allow-origin', '*')
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

async function bundle(directory: string, modules: Record<string, string> = {}): Promise<Map<string, File>> {
  const entryPoints = { main: join(directory, 'main.ts'), style: join(directory, 'style.css'), ...modules }
  const { outputFiles } = await build({
    entryPoints: Object.fromEntries(Object.entries(entryPoints).filter(([, path]) => existsSync(path))),
    outdir: directory,
    chunkNames: 'chunks/[name]-[hash]',
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
      `${ASSETS}${relative(directory, path).replaceAll('\\', '/')}`,
      { type: `${mime.getType(path)}; charset=utf-8`, body: contents },
    ]),
  )
}
