import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import type { Browser, Page } from 'playwright-core'

export interface PageOptions {
  /** The page's origin; of what is there, nothing but the origin is used. */
  readonly url: string
  /** Of {@link bundle}. */
  readonly script: string
  readonly body: string
}

/** Gives a page with nothing but a script, in a context of its own: what an earlier one left behind is not there. */
export async function withPage<Result>(
  browser: Browser,
  { url, script, body }: PageOptions,
  use: (page: Page) => Promise<Result>,
): Promise<Result> {
  const context = await browser.newContext({ bypassCSP: true })
  try {
    const page = await context.newPage()
    await page.goto(url)
    await page.setContent(body)
    await page.addScriptTag({ content: script })
    return await use(page)
  } finally {
    await context.close()
  }
}

/** One file of this folder, with all that it imports, as a script. */
export async function bundle(name: string, plugins: Plugin[] = []): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, name)],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins,
    write: false,
  })
  return outputFiles[0]?.text ?? ''
}

/** What a browser has used since it was watched. */
export interface Usage {
  /** Of all its processes. */
  readonly cpuSeconds: number
  /** Of the page's process, since that began. Linux keeps it. */
  readonly peakMiB: number
}

export async function watchUsage(browser: Browser): Promise<() => Promise<Usage>> {
  const processes = async () => {
    const session = await browser.newBrowserCDPSession()
    const { processInfo } = await session.send('SystemInfo.getProcessInfo')
    await session.detach()
    return processInfo
  }
  const sum = (all: { cpuTime: number }[]) => all.reduce((sum, { cpuTime }) => sum + cpuTime, 0)
  const begun = sum(await processes())
  return async () => {
    const all = await processes()
    const pages = all.filter(({ type }) => type === 'renderer')
    return {
      cpuSeconds: sum(all) - begun,
      peakMiB: Math.max(...(await Promise.all(pages.map(({ id }) => peakOf(id))))),
    }
  }
}

async function peakOf(processId: number): Promise<number> {
  const status = await readFile(`/proc/${processId}/status`, 'utf8')
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024
}
