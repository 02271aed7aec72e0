import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chromium, launchChromium } from './chromium.ts'

const PAGE = `<!doctype html><title>A page</title><body style="margin:0;background:white;font:32px sans-serif">
<span id="narrow">iiii</span><br><span id="wide">WWWW</span>`

const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(PAGE))
let origin: string
let browser: Browser

beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  browser = await launchChromium()
})

afterAll(async () => {
  await browser?.close()
  server.close()
})

test('the browser draws a page with a proportional font', async () => {
  const page = await browser.newPage({ viewport: { width: 200, height: 100 } })
  await page.goto(origin)
  expect(await page.title()).toBe('A page')

  const width = (id: string) =>
    page.locator(`#${id}`).evaluate((element) => element.getBoundingClientRect().width)
  expect(await width('narrow')).toBeGreaterThan(10)
  expect(await width('wide')).toBeGreaterThan(2 * (await width('narrow')))

  const drawn = await page.screenshot()
  await page.setContent('<!doctype html><body style="background:white">')
  expect(drawn.equals(await page.screenshot())).toBe(false)
})

test('web security is on: a page cannot read another origin without CORS', async () => {
  const page = await browser.newPage()
  await page.goto(origin)
  const read = (url: string) => page.evaluate((to) => fetch(to).then((answer) => answer.status, String), url)
  expect(await read(origin)).toBe(200)
  expect(await read(origin.replace('127.0.0.1', 'localhost'))).toContain('Failed to fetch')
})

test('a variable that names no browser is an error that says so', async () => {
  const before = process.env.PARTWAY_CHROMIUM
  process.env.PARTWAY_CHROMIUM = '/no/such/browser'
  try {
    await expect(chromium()).rejects.toThrow('/no/such/browser, which does not exist')
  } finally {
    if (before === undefined) delete process.env.PARTWAY_CHROMIUM
    else process.env.PARTWAY_CHROMIUM = before
  }
})
