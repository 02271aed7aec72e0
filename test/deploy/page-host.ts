import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { listenOnLoopback } from '../../local/listen.ts'
import { createPage } from '../../local/page.ts'

const WEB = join(import.meta.dirname, '../../web')
const NO_API = '<meta name="partway-api" content="">'

export interface PageHostOptions {
  readonly apiUrl: string
  readonly s3Url: string
  /** For the page as it is deployed: naming its API. */
  readonly folder: string
}

export interface PageHost {
  readonly origin: string
  close(): Promise<void>
}

/** Serves the page from an origin that is not the API's, as a front end of one's own does. */
export async function hostPage({ apiUrl, s3Url, folder }: PageHostOptions): Promise<PageHost> {
  const directory = join(folder, 'page')
  const index = await readFile(join(WEB, 'index.html'), 'utf8')
  if (!index.includes(NO_API)) throw new Error(`Expected index.html to have ${NO_API}.`)
  await mkdir(directory)
  await Promise.all([
    writeFile(join(directory, 'index.html'), index.replace(NO_API, NO_API.replace('""', `"${apiUrl}"`))),
    writeFile(join(directory, 'main.ts'), `import '${WEB}/main.ts'\n`),
    writeFile(join(directory, 'style.css'), `@import '${WEB}/style.css';\n`),
  ])
  const page = await createPage({ directory, connectTo: [apiUrl, s3Url] })
  const server = await listenOnLoopback((request, response) => {
    if (!page.serve(request, response)) response.writeHead(404).end()
  }, 0)
  return { origin: `http://localhost:${server.port}`, close: server.close }
}
