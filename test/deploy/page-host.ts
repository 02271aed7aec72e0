import { join } from 'node:path'
import { listenOnLoopback } from '../../local/listen.ts'
import { createPage } from '../../local/page.ts'

const WEB = join(import.meta.dirname, '../../web')

export interface PageHostOptions {
  readonly apiUrl: string
  readonly s3Url: string
}

export interface PageHost {
  readonly origin: string
  close(): Promise<void>
}

/** Serves the page from an origin that is not the API's, as a front end of one's own does. */
export async function hostPage({ apiUrl, s3Url }: PageHostOptions): Promise<PageHost> {
  const config = { api: apiUrl, auth: 'none' }
  const page = await createPage({ directory: WEB, config, connectTo: [apiUrl, s3Url] })
  const server = await listenOnLoopback((request, response) => {
    if (!page.serve(request, response)) response.writeHead(404).end()
  }, 0)
  return { origin: `http://localhost:${server.port}`, close: server.close }
}
