import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type BrowserContext,
  type Locator,
  type Page,
  chromium as playwrightChromium,
  type Request,
} from 'playwright-core'
import { createClient, createS3Client, openFile, staticCredentials } from '../../client/node/index.ts'
import { ROOT_CREDENTIALS } from '../../local/aws.ts'
import { chromium } from '../browser/chromium.ts'
import { killBrowser } from '../browser/kill-browser.ts'
import { type Stage, type TestFile, textOf } from './stage.ts'

/** The list of what is stored, in a browser with a profile: a private window has no room for large files. */
export interface DownloadPage {
  readonly page: Page
  /** Of the object's bytes, what was asked for, as `Range` says. */
  readonly ranges: string[]
  /** From now on, requests for bytes wait; or those that do, and all that come, go on. @param after so many more */
  hold(after: number): void
  release(): void
  kill(): void
  close(): Promise<void>
}

/**
 * No test can choose a file in the browser's dialog. What it would have given is a handle of a file in the page's own file system, which
 * is written in the same way.
 */
const CHOOSE = `window.showSaveFilePicker = async ({ suggestedName }) =>
  (await navigator.storage.getDirectory()).getFileHandle(suggestedName, { create: true })
const { write } = FileSystemWritableFileStream.prototype
window.writing = 0
FileSystemWritableFileStream.prototype.write = function (...args) {
  window.writing++
  return write.apply(this, args).finally(() => window.writing--)
}`

/** @param profile its name; one that was used before has what was left there */
export async function openDownloads(stage: Stage, profile: string, init = CHOOSE): Promise<DownloadPage> {
  const folder = join(stage.folder, profile)
  const context = await launch(folder, init)
  const [page = await context.newPage()] = context.pages()
  page.setDefaultTimeout(30_000)
  const ranges: string[] = []
  let room = Number.POSITIVE_INFINITY
  let waiting: (() => void)[] = []
  const rangeOf = (request: Request) => (request.method() === 'GET' ? request.headers().range : undefined)
  page.on('request', (request) => {
    const range = rangeOf(request)
    if (range) ranges.push(range)
  })
  await page.route(
    (url) => url.href.startsWith(stage.s3Url),
    async (route, request) => {
      if (rangeOf(request) && --room < 0) await new Promise<void>((resolve) => waiting.push(resolve))
      // It may have been given up meanwhile.
      await route.continue().catch(() => {})
    },
  )
  await page.goto(stage.apiUrl)
  return {
    page,
    ranges,
    hold(after) {
      room = after
    },
    release() {
      room = Number.POSITIVE_INFINITY
      for (const resolve of waiting) resolve()
      waiting = []
    },
    kill: () => killBrowser(folder),
    close: () => context.close(),
  }
}

async function launch(folder: string, init: string): Promise<BrowserContext> {
  const { executablePath, args, env } = await chromium()
  // What a killed browser leaves would make the next one think that it still runs.
  for (const name of ['SingletonLock', 'SingletonCookie', 'SingletonSocket'])
    await rm(join(folder, name), { force: true })
  const context = await playwrightChromium.launchPersistentContext(folder, { executablePath, args, env })
  await context.addInitScript(init)
  return context
}

/** Puts a file into the bucket, as the command would. @returns its key */
export async function store(stage: Stage, file: TestFile): Promise<string> {
  const client = createClient({ url: stage.apiUrl, state: join(stage.folder, 'state') })
  const source = await openFile(file.path)
  try {
    return (await client.upload(source).result).key
  } finally {
    await source.close()
    client.close()
  }
}

/** What has that name in the list of stored files. */
export function storedRow(page: Page, name: string): Locator {
  return page.locator('.download').filter({ has: page.getByText(name, { exact: true }) })
}

export async function statusOf(page: Page, name: string): Promise<string> {
  return textOf(storedRow(page, name).locator('.status'))
}

/** Waits until the row says that. */
export async function says(page: Page, name: string, status: RegExp, timeout?: number): Promise<void> {
  // Spaces do not break there.
  const spaced = new RegExp(status.source.replaceAll(' ', '\\s'))
  await storedRow(page, name)
    .locator('.status')
    .filter({ hasText: spaced })
    .waitFor(timeout ? { timeout } : {})
}

/** Presses a button of a row. @param label how its name begins */
export async function press(page: Page, name: string, label: string): Promise<void> {
  await storedRow(page, name)
    .getByRole('button', { name: new RegExp(`^${label} `) })
    .click()
}

/** Waits until nothing is on its way to the disk. */
export async function written(page: Page): Promise<void> {
  await page.waitForFunction(() => Object(window).writing === 0)
}

/** The SHA-256 of the file that was chosen, in hex; `undefined` where there is none. */
export function sha256Saved(page: Page, name: string): Promise<string | undefined> {
  return page.evaluate(async (name) => {
    const root = await navigator.storage.getDirectory()
    const handle = await root.getFileHandle(name).catch(() => undefined)
    if (!handle) return undefined
    const bytes = await (await handle.getFile()).arrayBuffer()
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  }, name)
}

/** How many bytes ranges have. */
export function bytesIn(ranges: readonly string[]): number {
  return ranges.map(boundsOf).reduce((sum, { first, last }) => sum + last - first + 1, 0)
}

export function boundsOf(range: string): { first: number; last: number } {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? []
  return { first: Number(first), last: Number(last) }
}

/** Puts another file of the same size in an object's place. */
export async function replace(stage: Stage, key: string, file: TestFile): Promise<void> {
  const { url } = await stage.api<{ url: string }>('POST', '/downloads', { key })
  const [, bucket = ''] = new URL(url).pathname.split('/')
  const client = createS3Client({
    bucket,
    endpoint: stage.s3Url,
    region: 'us-east-1',
    credentials: staticCredentials(ROOT_CREDENTIALS),
    state: join(stage.folder, 'state'),
  })
  const source = await openFile(file.path)
  try {
    await client.upload(source, { key, overwrite: true }).result
  } finally {
    await source.close()
    client.close()
  }
}
