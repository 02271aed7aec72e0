import { basename, join } from 'node:path'
import { build } from 'esbuild'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

const ROOT = join(import.meta.dirname, '../..')
const ORIGIN = 'http://localhost:1'

/** What is loaded when it is wanted, by its path. */
const chunks = new Map<string, string>()

/** `<partway-upload>` over a {@link FakeQueue}. @returns its script, whose chunks {@link openFakePage} serves, too */
export async function bundleOverFakeQueue(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, 'element/partway-upload.ts')],
    outdir: ROOT,
    bundle: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    plugins: [
      {
        name: 'fake-queue',
        setup({ onResolve }) {
          onResolve({ filter: /\/queue\/index\.ts$/ }, () => ({
            path: join(import.meta.dirname, 'fake-queue.ts'),
          }))
        },
      },
    ],
  })
  for (const { path, text } of outputFiles) chunks.set(`/${basename(path)}`, text)
  return chunks.get('/partway-upload.js') ?? ''
}

/** A page that has nothing else, in a context of its own. @param html of its body */
export async function openFakePage(
  browser: Browser,
  script: string,
  html = '<partway-upload></partway-upload>',
  options: BrowserContextOptions = {},
): Promise<{ page: Page; errors: string[] }> {
  const context = await browser.newContext({ viewport: { width: 900, height: 800 }, ...options })
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  await page.route(`${ORIGIN}/**`, (route) => {
    const { pathname } = new URL(route.request().url())
    const code = pathname === '/element.js' ? script : chunks.get(pathname)
    return code
      ? route.fulfill({ contentType: 'text/javascript', body: code })
      : route.fulfill({ contentType: 'text/html', body: pageOf(html) })
  })
  await page.goto(ORIGIN)
  await page.waitForFunction(() => customElements.get('partway-upload'))
  return { page, errors }
}

const pageOf = (html: string) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>A page</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<script type="module" src="/element.js"></script><style>body{background:Canvas;max-width:46rem;margin:2rem auto;padding:0 1rem}</style>
<main><h1>A page</h1>${html}</main></html>`
