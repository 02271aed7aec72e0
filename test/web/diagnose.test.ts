import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Problem } from '../../element/upload-queue.ts'
import { launchChromium } from '../browser/chromium.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

let browser: Browser
let script: string
const undo: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  browser = await launchChromium()
  script = await bundle()
}, 60_000)
afterAll(() => browser?.close())
afterEach(() => Promise.all(undo.splice(0).map((step) => step())))

const OPEN = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'PUT',
  'access-control-allow-headers': '*',
}
/** As S3 answers what is not signed, though not who asks for leave first. */
const leave = (method?: string) => (method === 'OPTIONS' ? 204 : 403)
const PORT = /:\d+/g

test('a store whose CORS leaves the page out is told from one that is gone', async () => {
  const page = await open()
  const closed = await serve((_, response) => response.writeHead(403).end('<Error/>'))
  expect(await withoutAnswer(page, `${closed}/films/a.mp4?X-Amz-Signature=0a`)).toEqual({
    code: 'cors',
    sentence: `The storage at ${new URL(closed).host} does not let this page in: its CORS rules leave out ${new URL(page.url()).origin}. Whoever runs it has to add that to its allowed origins.`,
    action: 'retry',
  })
  expect(await withoutAnswer(page, await nobody())).toMatchObject({
    code: 'unreachable',
    sentence: expect.stringMatching(
      /^The storage at 127\.0\.0\.1:\d+ cannot be reached, though the network is there/,
    ),
  })
})

test('a store that lets pages read but not write leaves them out as well', async () => {
  const page = await open()
  const readable = { ...OPEN, 'access-control-allow-methods': 'GET' }
  const store = await serve(({ method }, response) => response.writeHead(leave(method), readable).end())
  expect(await withoutAnswer(page, `${store}/a`)).toMatchObject({ code: 'cors' })
})

test('a store that answers now was gone for a moment: there is nothing to say', async () => {
  const page = await open()
  const asked: string[] = []
  const store = await serve(({ method, url }, response) => {
    asked.push(`${method} ${url}`)
    response.writeHead(leave(method), OPEN).end()
  })
  expect(await withoutAnswer(page, `${store}/a?X-Amz-Signature=0a`)).toBeUndefined()
  expect(asked.filter((line) => !line.startsWith('OPTIONS'))).toEqual(['PUT /a?partNumber=1&uploadId=none'])
})

test('parts that fail together have the store asked once', async () => {
  const page = await open()
  let asked = 0
  const store = await serve((_, response) => {
    asked++
    response.writeHead(403).end()
  })
  await withoutAnswer(page, `${store}/a`)
  const once = asked
  expect(await withoutAnswer(page, `${store}/b`)).toMatchObject({ code: 'cors' })
  expect(asked).toBe(once)
})

test('an API that leaves the page out', async () => {
  const page = await open()
  const api = await serve((_, response) => response.end('{}'))
  expect(await withoutAnswer(page, undefined, api)).toMatchObject({
    code: 'cors',
    sentence: expect.stringMatching(/^The server at 127\.0\.0\.1:\d+ does not let this page in/),
  })
})

test('a page whose own policy leaves the store out', async () => {
  const page = await open("default-src 'self' 'unsafe-inline'")
  const store = await serve((_, response) => response.writeHead(403, OPEN).end())
  const problem = await withoutAnswer(page, `${store}/a`)
  expect(problem).toMatchObject({
    code: 'csp',
    sentence: expect.stringContaining(`storage at ${store}: its Content-Security-Policy`),
  })
})

test('without a network there is nothing to find out', async () => {
  const page = await open()
  const store = await serve((_, response) => response.writeHead(403).end())
  await page.context().setOffline(true)
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  expect(await withoutAnswer(page, `${store}/a`)).toBeUndefined()
  expect(asked).toEqual([])
})

test.each([
  ['text/html; charset=utf-8', 'a web page came (404) instead'],
  ['application/json', 'some other JSON came (404) instead'],
  ['', 'something else came (404) instead'],
])('at an endpoint that is no API: %s', async (type, words) => {
  const page = await open()
  const other = await serve((_, response) =>
    response.writeHead(404, { ...OPEN, 'content-type': type }).end('<p>'),
  )
  const problem = await page.evaluate((endpoint) => window.notPartway(endpoint), other)
  expect(problem).toMatchObject({ code: 'not-partway', sentence: expect.stringContaining(words) })
  expect(problem?.sentence.replace(PORT, '')).toMatch(
    /^At http:\/\/127\.0\.0\.1, .* instead of a Partway API\./,
  )
})

declare global {
  interface Window {
    noAnswer(address: string | undefined, endpoint: string): Promise<Problem | undefined>
    notPartway(endpoint: string): Promise<Problem | undefined>
  }
}

function withoutAnswer(
  page: Page,
  address: string | undefined,
  endpoint = 'http://127.0.0.1:1',
): Promise<Problem | undefined> {
  return page.evaluate(([address, endpoint]) => window.noAnswer(address, endpoint), [
    address,
    endpoint,
  ] as const)
}

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: `
        import { NetworkError, NotPartwayError } from './client/errors.ts'
        import { diagnose } from './element/diagnose.ts'
        window.noAnswer = (address, endpoint) => diagnose(new NetworkError('x', { address }), endpoint)
        window.notPartway = (endpoint) => diagnose(new NotPartwayError('x'), endpoint)`,
      resolveDir: join(import.meta.dirname, '../..'),
    },
    bundle: true,
    format: 'iife',
    write: false,
  })
  return outputFiles[0]?.text ?? ''
}

/** A page that can diagnose, from a server of its own. */
async function open(policy = ''): Promise<Page> {
  const url = await serve((_, response) =>
    response
      .writeHead(200, { 'content-type': 'text/html', 'content-security-policy': policy })
      .end(`<!doctype html><script>${script.replaceAll('</script', '<\\/script')}</script>`),
  )
  const page = await browser.newPage()
  undo.push(() => page.close())
  await page.goto(url)
  return page
}

async function serve(answer: Answer): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  undo.push(async () => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Where nobody listens any more. */
async function nobody(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}
