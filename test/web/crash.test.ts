import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium as playwrightChromium } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chromium } from '../browser/chromium.ts'
import { killBrowser } from '../browser/kill-browser.ts'
import { openStage, type Stage } from './stage.ts'

const PARTS = 12
const PART_BYTES = 8 * 1024 * 1024

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
}, 60_000)
afterAll(() => stage?.close())

test('a browser killed a moment after its first parts arrived goes on with the same file, and sends no held part again', async () => {
  const film = await stage.file('film.mov', PARTS * PART_BYTES)
  const before = await openProfile()
  const firstParts = watchPuts(before.page)
  await slow(before.page)
  await before.page.setInputFiles('#files', film.path)
  await firstParts.until(3)
  before.kill()
  const [upload] = (
    await stage.api<{ uploads: { key: string; parts: number }[] }>('GET', '/uploads?details=1')
  ).uploads
  const held = upload?.parts ?? 0
  expect(held).toBeGreaterThanOrEqual(3)

  const after = await openProfile()
  const laterParts = watchPuts(after.page)
  await after.page.setInputFiles('#files', film.path)
  await after.page.waitForFunction(() => document.title.startsWith('Done'))

  // A part that was under way may have arrived after the list was made.
  expect(laterParts.count()).toBeLessThanOrEqual(PARTS - held)
  expect(await stage.sha256Stored(upload?.key ?? '')).toBe(film.sha256)
  await after.close()
})

/** The page in a profile that outlives its browser. */
async function openProfile() {
  const { executablePath, args, env } = await chromium()
  const profile = join(stage.folder, 'profile')
  // What a killed browser leaves would make the next one think that it still runs.
  for (const name of ['SingletonLock', 'SingletonCookie', 'SingletonSocket'])
    await rm(join(profile, name), { force: true })
  const context = await playwrightChromium.launchPersistentContext(profile, { executablePath, args, env })
  const [page = await context.newPage()] = context.pages()
  await page.goto(stage.apiUrl)
  return {
    page,
    kill: () => killBrowser(profile),
    close: () => context.close(),
  }
}

type Page = Awaited<ReturnType<typeof openProfile>>['page']

/** Parts take a while each, so that some are under way when the browser dies. */
async function slow(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('Network.enable')
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: 24 * 1024 * 1024,
  })
}

/** Counts the parts that the store took. */
function watchPuts(page: Page) {
  let count = 0
  const waiting: { parts: number; resolve: () => void }[] = []
  page.on('response', (response) => {
    if (response.request().method() !== 'PUT' || !response.ok()) return
    count += 1
    for (const { parts, resolve } of waiting) if (count >= parts) resolve()
  })
  return {
    count: () => count,
    until: (parts: number) => new Promise<void>((resolve) => waiting.push({ parts, resolve })),
  }
}
