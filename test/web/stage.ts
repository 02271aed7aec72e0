import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Locator, Page, Request } from 'playwright-core'
import type { LocalAwsOptions } from '../../local/aws.ts'
import { launchChromium } from '../browser/chromium.ts'
import { type Backstage, buildBackstage, standing, type Undo } from './backstage.ts'

export { sha256, type TestFile } from './backstage.ts'

/** Where the screenshots go: to be looked at after every change of style. */
export const SCREENSHOTS = join(import.meta.dirname, '../../node_modules/.cache/partway-screenshots')

/** For anything that a page has to show: less than a test may take, so that a failure names what was missing. */
const PATIENCE_MS = 30_000

export interface Tab {
  readonly page: Page
  /** Exceptions that nobody caught. */
  readonly errors: readonly string[]
  /** From now on: uploads at that many bytes a second, as fast as it goes, or nothing at all. */
  network(uploads: number | 'fast' | 'offline'): Promise<void>
}

/** The local AWS, a browser in front of it, and a folder for files. */
export interface Stage extends Backstage {
  readonly browser: Browser
  /** A tab of a profile of its own, on the page. */
  open(options?: BrowserContextOptions): Promise<Tab>
  close(): Promise<void>
}

export function openStage(options: Partial<LocalAwsOptions> = {}): Promise<Stage> {
  return standing((undo) => build(options, undo))
}

async function build(options: Partial<LocalAwsOptions>, undo: Undo): Promise<Omit<Stage, 'close'>> {
  await mkdir(SCREENSHOTS, { recursive: true })
  const browser = await launchChromium()
  undo.push(() => browser.close())
  const backstage = await buildBackstage(options, undo)
  return {
    ...backstage,
    browser,
    async open(options) {
      const context = await browser.newContext({ viewport: { width: 1024, height: 768 }, ...options })
      return openTab(await context.newPage(), backstage.apiUrl)
    },
  }
}

/** @param page a blank one, which is sent to the address */
export async function openTab(page: Page, url: string): Promise<Tab> {
  page.setDefaultTimeout(PATIENCE_MS)
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  await page.goto(url)
  return { page, errors, network: await networkOf(page) }
}

/** The rows of the uploads. */
export function rowsOf(page: Page): Locator {
  return page.getByRole('region', { name: 'Uploads', exact: true }).getByRole('listitem')
}

/** The row of a file that is uploaded, by its name. */
export function rowOf(page: Page, name: string): Locator {
  return rowsOf(page).filter({ has: page.locator(`.name[title="${name}"]`) })
}

export function button(page: Page, name: string): Locator {
  return page.getByRole('button', { name, exact: true })
}

/** What the row of a file shows in one of its lines. */
export function lineOf(page: Page, name: string, line: string): Promise<string> {
  return textOf(rowOf(page, name).locator(line))
}

/** As it reads: a space that does not break is a space. */
export async function textOf(locator: Locator): Promise<string> {
  return ((await locator.textContent()) ?? '').replaceAll('\u00a0', ' ')
}

async function networkOf(page: Page): Promise<Tab['network']> {
  const session = await page.context().newCDPSession(page)
  return async (uploads) => {
    await session.send('Network.emulateNetworkConditions', {
      offline: uploads === 'offline',
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: typeof uploads === 'number' ? uploads : -1,
    })
  }
}

/** The PUTs of parts of one upload, as the browser's network saw them. */
export interface PartWatch {
  /** Part numbers, in the order in which they were sent; one that was sent again stands there again. */
  readonly sent: number[]
  /** Part numbers that the store acknowledged. */
  readonly stored: number[]
  /** Resolves once that many parts are stored. */
  until(parts: number): Promise<void>
  /** Where list-parts tells what the store has. */
  listPartsPath(): string
}

export function watchParts(page: Page): PartWatch {
  const sent: number[] = []
  const stored: number[] = []
  let latest = new URL(page.url())
  const numberOf = (request: Request) => Number(new URL(request.url()).searchParams.get('partNumber'))
  page.on('request', (request) => {
    if (request.method() !== 'PUT') return
    latest = new URL(request.url())
    sent.push(numberOf(request))
  })
  page.on('response', (response) => {
    const request = response.request()
    if (request.method() === 'PUT' && response.ok()) stored.push(numberOf(request))
  })
  return {
    sent,
    stored,
    async until(parts) {
      while (stored.length < parts) await page.waitForEvent('response')
    },
    listPartsPath() {
      const [, , ...key] = decodeURIComponent(latest.pathname).split('/')
      const uploadId = latest.searchParams.get('uploadId') ?? ''
      return `/uploads/${uploadId}/parts?${new URLSearchParams({ key: key.join('/') })}`
    },
  }
}
