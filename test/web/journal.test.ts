import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { browserJournals } from '../../client/browser/journal.ts'
import { launchChromium } from '../browser/chromium.ts'
import { serve } from '../client/servers.ts'

/** What the page below has of the client. */
declare const client: { browserJournals: typeof browserJournals }

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
}, 60_000)
afterAll(() => browser?.close())

test('of two tabs one has the journal of a file, until it is closed, and the other reads what it wrote', async () => {
  const { open } = await openProfile()
  const [one, two] = [await open(), await open()]
  expect(await entriesOf(one)).toEqual([])
  expect(await entriesOf(two)).toBeUndefined()
  await write(one)
  await one.close()
  await expect.poll(() => entriesOf(two)).toEqual(['upload', 'part'])
})

test('a database of an earlier page is emptied', async () => {
  const { open } = await openProfile()
  const page = await open()
  await page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const request = indexedDB.open('partway', 1)
        request.onupgradeneeded = () => request.result.createObjectStore('uploads').put('{}', 'film')
        request.onsuccess = () => {
          request.result.close()
          resolve()
        }
      }),
  )
  expect(await entriesOf(page)).toEqual([])
  await write(page)
  expect(await page.evaluate(storesOf)).toEqual(['entries'])
})

test('a tab that has an older database open keeps another from remembering, not from going on', async () => {
  const { open } = await openProfile()
  const [old, page] = [await open(), await open()]
  await old.evaluate(
    () =>
      new Promise<void>((resolve) => {
        indexedDB.open('partway', 1).onsuccess = () => resolve()
      }),
  )
  expect(await entriesOf(page)).toEqual([])
  await expect(write(page)).rejects.toThrow('keeps nothing')
})

test('a tab makes way for a newer database', async () => {
  const { open } = await openProfile()
  const [page, newer] = [await open(), await open()]
  expect(await entriesOf(page)).toEqual([])
  await newer.evaluate(
    () =>
      new Promise<void>((resolve) => {
        indexedDB.open('partway', 4).onsuccess = () => resolve()
      }),
  )
  await expect(write(page)).rejects.toThrow()
})

/** Tabs of a profile of its own, with the client in them. */
async function openProfile(): Promise<{ open: () => Promise<Page> }> {
  const bundle = await build({
    entryPoints: ['client/browser/journal.ts'],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'client',
  })
  const origin = await serve((_, response) =>
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end(`<!doctype html><script>${bundle.outputFiles[0]?.text}</script>`),
  )
  const context = await browser.newContext()
  const open = async () => {
    const page = await context.newPage()
    await page.goto(origin)
    return page
  }
  return { open }
}

/** Opens the journal of the one file, and keeps it. @returns `undefined` where another tab has it */
function entriesOf(page: Page): Promise<string[] | undefined> {
  return page.evaluate(async () => {
    const journal = await client.browserJournals().open('https://api.example', 'film')
    Object.assign(globalThis, { journal })
    return journal?.entries.map(({ type }) => type)
  })
}

function write(page: Page): Promise<void> {
  return page.evaluate(async () => {
    const { journal } = globalThis as unknown as { journal: import('../../client/ports.ts').Journal }
    const upload = {
      endpoint: 'https://api.example',
      sourceId: 'film',
      identity: {},
      key: 'k',
      uploadId: 'u',
      size: 20,
      partSize: 10,
      checksumAlgorithm: 'CRC64NVME' as const,
      initiated: '2026-11-21T00:00:00.000Z',
    }
    await journal.append({ type: 'upload', ...upload }, true)
    await journal.append({ type: 'part', partNumber: 1 }, false)
  })
}

async function storesOf(): Promise<string[]> {
  return new Promise((resolve) => {
    const request = indexedDB.open('partway')
    request.onsuccess = () => resolve([...request.result.objectStoreNames])
  })
}
