import { rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type BrowserContext, type Page, chromium as playwrightChromium } from 'playwright-core'
import { createPage } from '../../local/page.ts'
import { chromium } from '../browser/chromium.ts'
import { killBrowser } from '../browser/kill-browser.ts'
import type { PageErrand, PageReport } from './page/errand.ts'
import type { Errand, Porter, Running } from './porter.ts'
import type { Outcome } from './told.ts'

const LONGEST_RELOAD_MS = 5_000
const MOST_LOADS = 20

interface FaultsWindow {
  faults: {
    begin(errand: PageErrand): Promise<PageReport>
    pause(): void
    resume(): void
    stop(): void
  }
}

export interface PageServer {
  readonly origin: string
  close(): Promise<void>
}

/** The page with the engine in it. */
export async function servePage(connectTo: string[]): Promise<PageServer> {
  const page = await createPage({ directory: join(import.meta.dirname, 'page'), config: {}, connectTo })
  const server = createServer((request, response) => {
    if (!page.serve(request, response)) response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Another tab's going offline may come between. */
async function load(page: Page, origin: string): Promise<void> {
  for (let tries = 1; tries <= MOST_LOADS; tries++) {
    await page.context().setOffline(false)
    await page.goto(origin).catch(() => {})
    if (await page.evaluate(() => 'faults' in window)) return
  }
  throw new Error(`Expected the page within ${MOST_LOADS} loads, got none.`)
}

/** Each errand in a tab of one browser, whose profile outlives it: tabs may be loaded anew, and the browser be killed. */
export function createPagePorter(origin: string, apiUrl: string, folder: string): Porter {
  const profile = join(folder, 'profile')
  const cuts = new Map<string, { error: string; after: number }>()
  const endings: (() => void)[] = []
  let browser: Promise<BrowserContext> | undefined
  /** Of the browser that runs. */
  let death = Promise.withResolvers<undefined>()
  let closing = Promise.resolve()

  async function open(): Promise<BrowserContext> {
    await closing
    const { executablePath, args, env } = await chromium()
    // What a killed browser leaves would make the next one think that it still runs.
    for (const name of ['SingletonLock', 'SingletonCookie', 'SingletonSocket'])
      await rm(join(profile, name), { force: true })
    return playwrightChromium.launchPersistentContext(profile, { executablePath, args, env })
  }

  function begin({ path, lanes: concurrency, partSize }: Errand): Running {
    browser ??= open()
    const context = browser
    const tab = context.then((context) => context.newPage())
    const { promise: dead } = death
    const left = Promise.withResolvers<undefined>()
    let leaving = false
    const run = async (): Promise<Outcome | undefined> => {
      const page = await tab
      await load(page, origin)
      await page.setInputFiles('#file', path)
      const report = await page.evaluate(
        (errand) => (window as unknown as FaultsWindow).faults.begin(errand),
        { apiUrl, concurrency, partSize },
      )
      for (const [name, cut] of report.cuts) cuts.set(name, cut)
      await page.close()
      return report.outcome
    }
    const tell = (what: 'pause' | 'resume' | 'stop') =>
      void tab
        .then((page) => page.evaluate((what) => (window as unknown as FaultsWindow).faults[what](), what))
        .catch(() => {})
    return {
      outcome: Promise.race([
        dead,
        left.promise,
        run().catch((error: unknown) => {
          if (leaving) return left.promise
          throw error
        }),
      ]),
      pause(milliseconds) {
        tell('pause')
        const timer = setTimeout(() => tell('resume'), milliseconds)
        endings.push(() => clearTimeout(timer))
      },
      stop: () => tell('stop'),
      kill() {
        death.resolve(undefined)
        death = Promise.withResolvers()
        browser = undefined
        killBrowser(profile)
      },
      reload() {
        if (leaving) return
        leaving = true
        void tab
          .then((page: Page) => page.reload({ timeout: LONGEST_RELOAD_MS }).finally(() => page.close()))
          .catch(() => {})
          .finally(() => left.resolve(undefined))
      },
      offline(milliseconds) {
        void context.then((context) => context.setOffline(true)).catch(() => {})
        const back = () => void context.then((context) => context.setOffline(false)).catch(() => {})
        const timer = setTimeout(back, milliseconds)
        endings.push(() => {
          clearTimeout(timer)
          back()
        })
      },
    }
  }

  return {
    begin,
    cuts,
    timers: 0,
    async close() {
      for (const end of endings) end()
      closing = (browser ?? Promise.resolve(undefined)).then((context) => context?.close())
      await closing
    },
  }
}
