import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../browser/chromium.ts'
import { axeFindings } from './axe.ts'
import { bundleOverFakeQueue, openFakePage } from './fake-element.ts'
import { SCREENSHOTS } from './stage.ts'

const FOLDER = join(SCREENSHOTS, 'element')

let browser: Browser
let script: string

beforeAll(async () => {
  await mkdir(FOLDER, { recursive: true })
  script = await bundleOverFakeQueue()
  browser = await launchChromium()
}, 60_000)
afterAll(() => browser?.close())
afterEach(() => Promise.all(browser.contexts().map((context) => context.close())))

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

/** What a person may see, and how it comes to that. */
const LOOKS: Record<string, (page: Page) => Promise<unknown>> = {
  empty: async () => {},
  one: async (page) => {
    await page.evaluate(() => fakeQueue.put(fakeItem('Holiday in Lisbon.mov')))
    await button(page, 'Details of Holiday in Lisbon.mov').click()
    await page.getByText('116 stored').waitFor()
  },
  done: async (page) => {
    await page.evaluate(() => fakeQueue.put({ ...fakeItem('Holiday in Lisbon.mov'), ...fakeStates.done }))
    await button(page, 'Details of Holiday in Lisbon.mov').click()
    await page.getByText('Checksum verified:').waitFor()
  },
  five: (page) => page.evaluate(() => fakeQueue.put(...manyItems(5))),
  asked: async (page) => {
    await page.evaluate(() => fakeQueue.put(fakeItem('Holiday in Lisbon.mov'), fakeItem('Notes.pdf')))
    await button(page, 'Cancel Notes.pdf').click()
  },
  unfinished: async (page) => {
    await page.evaluate(() => fakeQueue.put(...manyItems(10).filter(({ state }) => state === 'unfinished')))
    await button(page, 'Discard').click()
  },
  offline: (page) =>
    page.evaluate(() => {
      fakeQueue.waitingFor = 'network'
      fakeQueue.refuses = { 'film.mov': 'film.mov is on its way already.' }
      fakeQueue.put(...manyItems(16))
      return (
        document.querySelector('partway-upload') as unknown as { add(files: File[]): Promise<void> }
      ).add([new File([], 'film.mov')])
    }),
  'signed-out': (page) =>
    page.evaluate(() => {
      fakeQueue.waitingFor = 'user'
      fakeQueue.put(...manyItems(30))
    }),
  '10,000-parts': async (page) => {
    await page.evaluate(() => {
      const parts = `${'#'.repeat(4_000)}>>!>${'.'.repeat(5_996)}`
      fakeQueue.put(fakeItem('Archive.tar', { parts, size: 8e12, bytes: 3.2e12 }))
    })
    await button(page, 'Details of Archive.tar').click()
    await page.getByText('4,000 stored').waitFor()
  },
  hovered: (page) =>
    page.evaluate(() => {
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(new File(['abc'], 'dropped.txt'))
      document.body.dispatchEvent(
        new DragEvent('dragover', { dataTransfer, bubbles: true, cancelable: true }),
      )
    }),
}

test.each(
  (['light', 'dark'] as const).flatMap((colorScheme) =>
    [900, 320].flatMap((width) => Object.keys(LOOKS).map((look) => [look, colorScheme, width] as const)),
  ),
)(
  '%s, %s, %i pixels wide: axe-core finds nothing, and nothing scrolls aside',
  async (look, colorScheme, width) => {
    const { page, errors } = await openFakePage(browser, script, undefined, {
      colorScheme,
      viewport: { width, height: 800 },
    })
    await LOOKS[look]?.(page)
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 150)))
    // Rows out of sight are not drawn, and would not be looked at.
    await page.evaluate(() => {
      for (const row of document.querySelector('partway-upload')?.shadowRoot?.querySelectorAll('li') ?? [])
        row.style.contentVisibility = 'visible'
    })
    await page.screenshot({ path: join(FOLDER, `${look}-${colorScheme}-${width}.png`), fullPage: true })
    expect(await axeFindings(page)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(
      0,
    )
    expect(errors).toEqual([])
  },
)
