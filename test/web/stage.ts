import { createHash, hash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Locator, Page, Request } from 'playwright-core'
import { type LocalAwsOptions, startLocalAws } from '../../local/aws.ts'
import { launchChromium } from '../browser/chromium.ts'

/** Where the screenshots go: to be looked at after every change of style. */
export const SCREENSHOTS = join(import.meta.dirname, '../../node_modules/.cache/partway-screenshots')

/** For anything that a page has to show: less than a test may take, so that a failure names what was missing. */
const PATIENCE_MS = 15_000

/** A file on disk, and what its bytes hash to. */
export interface TestFile {
  readonly path: string
  readonly name: string
  readonly sha256: string
}

export interface Tab {
  readonly page: Page
  /** Exceptions that nobody caught. */
  readonly errors: readonly string[]
  /** From now on: uploads at that many bytes a second, as fast as it goes, or nothing at all. */
  network(uploads: number | 'fast' | 'offline'): Promise<void>
}

/** The local AWS, a browser in front of it, and a folder for files. */
export interface Stage {
  readonly apiUrl: string
  readonly s3Url: string
  /** Where people sign in, where they do. */
  readonly issuerUrl: string
  readonly browser: Browser
  /** Temporary: gone with the stage. */
  readonly folder: string
  /** A tab of a profile of its own, on the page. */
  open(options?: BrowserContextOptions): Promise<Tab>
  /** Random bytes in a file. */
  file(name: string, bytes: number): Promise<TestFile>
  /** Calls the API, as the page does. */
  api<Answer>(method: string, path: string, body?: object): Promise<Answer>
  /** What the store holds under a key, hashed. */
  sha256Stored(key: string): Promise<string>
  close(): Promise<void>
}

export async function openStage(options: Partial<LocalAwsOptions> = {}): Promise<Stage> {
  const undo: (() => Promise<void>)[] = []
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    return { ...(await build(options, undo)), close }
  } catch (error) {
    await close()
    throw error
  }
}

/** @param undo receives a step for each thing that is to be taken down again */
async function build(
  options: Partial<LocalAwsOptions>,
  undo: (() => Promise<void>)[],
): Promise<Omit<Stage, 'close'>> {
  await mkdir(SCREENSHOTS, { recursive: true })
  const folder = await mkdtemp(join(tmpdir(), 'partway-page-'))
  undo.push(() => rm(folder, { recursive: true }))
  const browser = await launchChromium()
  undo.push(() => browser.close())
  const aws = await startLocalAws({
    port: 0,
    s3Port: 0,
    dataDirectory: join(folder, 'data'),
    log: () => {},
    ...options,
  })
  undo.push(() => aws.close())
  const api: Stage['api'] = async (method, path, body) => {
    const answer = await fetch(new URL(path, aws.apiUrl), {
      method,
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: body ? JSON.stringify(body) : null,
    })
    if (!answer.ok) throw new Error(`Expected ${method} ${path} to succeed, got ${answer.status}.`)
    return answer.json()
  }
  return {
    apiUrl: aws.apiUrl,
    s3Url: aws.s3Url,
    issuerUrl: aws.issuerUrl ?? '',
    browser,
    folder,
    api,
    async open(options) {
      const context = await browser.newContext({ viewport: { width: 1024, height: 768 }, ...options })
      const page = await context.newPage()
      page.setDefaultTimeout(PATIENCE_MS)
      const errors: string[] = []
      page.on('pageerror', (error) => errors.push(String(error)))
      await page.goto(aws.apiUrl)
      return { page, errors, network: await networkOf(page) }
    },
    async file(name, bytes) {
      const content = randomBytes(bytes)
      const path = join(folder, name)
      await writeFile(path, content)
      return { path, name, sha256: sha256(content) }
    },
    async sha256Stored(key) {
      const { url } = await api<{ url: string }>('POST', '/downloads', { key })
      const { body } = await fetch(url)
      const digest = createHash('sha256')
      for await (const chunk of body ?? []) digest.update(chunk)
      return digest.digest('hex')
    },
  }
}

export function sha256(content: Uint8Array): string {
  return hash('sha256', content)
}

/** The row of a file, by its name. */
export function rowOf(page: Page, name: string): Locator {
  return page.getByRole('listitem').filter({ has: page.locator(`.name[title="${name}"]`) })
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
