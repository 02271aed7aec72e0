import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { button, openStage, rowOf, SCREENSHOTS, type Stage, type TestFile } from './stage.ts'

const MIB = 1024 * 1024
const VIEWPORTS = {
  wide: { width: 1100, height: 900 },
  phone: { width: 360, height: 780 },
}

let stage: Stage
let films: TestFile[]

beforeAll(async () => {
  stage = await openStage()
  films = [
    // So large that it is under way still, however late the throttle takes effect.
    await stage.file('Holiday in Lisbon.mov', 512 * MIB),
    await stage.file(
      'A-name-without-a-single-space-that-is-longer-than-any-phone-is-wide-and-then-some.mxf',
      48 * MIB,
    ),
    await stage.file('notes.pdf', 1_234_567),
    await stage.file('Morning.jpg', 6 * MIB),
    await stage.file('Noon.jpg', 6 * MIB),
    await stage.file('Evening.jpg', 6 * MIB),
  ]
}, 60_000)
afterAll(() => stage?.close())
afterEach(() => Promise.all(stage.browser.contexts().map((context) => context.close())))

test.each([
  ['light', 'wide'],
  ['dark', 'wide'],
  ['light', 'phone'],
  ['dark', 'phone'],
] as const)(
  '%s on a %s screen: every state fits, and no text is hard to read',
  async (colorScheme, screen) => {
    const { page, network, errors } = await stage.open({ colorScheme, viewport: VIEWPORTS[screen] })
    const look = async (state: string, at = page) => {
      await at.screenshot({ path: join(SCREENSHOTS, `${state}-${colorScheme}-${screen}.png`) })
      expect(
        await at.evaluate(() => document.documentElement.scrollWidth - innerWidth),
        state,
      ).toBeLessThanOrEqual(0)
      expect(await faintTexts(at), state).toEqual([])
    }
    await look('empty')

    await network(2 * MIB)
    await page.setInputFiles(
      '#files',
      films.map(({ path }) => path),
    )
    const [first = '', second = ''] = films.map(({ name }) => name)
    const last = films.at(-1)?.name ?? ''
    await rowOf(page, last).getByText('Waiting for its turn').waitFor()
    // The lanes may all be with other files at first, until a part of those has arrived.
    await rowOf(page, first).getByText(/left$/).waitFor({ timeout: 40_000 })
    expect(await page.title()).toMatch(/^\d+ % · Partway$/)
    await look('in-progress')

    await network('offline')
    await rowOf(page, first).getByText('Waiting for the network; goes on by itself').waitFor()
    await rowOf(page, second).getByText('Waiting for the network; goes on by itself').waitFor()
    await look('waiting')

    await button(page, `Pause ${first}`).click()
    await network('fast')
    await page.waitForFunction(() => document.title.startsWith('Paused'), undefined, { timeout: 40_000 })
    await look('paused-and-done')

    const other = await page.context().newPage()
    await other.goto(stage.apiUrl)
    await other.setInputFiles('#files', [films[0]?.path ?? '', films[1]?.path ?? ''])
    await rowOf(other, first).getByText('Stopped for now').waitFor()
    await look('stopped', other)
    await other.close()

    await button(page, `Resume ${first}`).click()
    await page.waitForFunction(() => document.title.startsWith('Done'), undefined, { timeout: 60_000 })
    await look('done')
    expect(errors).toEqual([])
  },
  120_000,
)

/**
 * Texts whose contrast with what is behind them is below 4.5, as WCAG 2.2 reckons it (1.4.3).
 * https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
 */
function faintTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const channels = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number)
    const luminance = (color: string) => {
      const [red = 0, green = 0, blue = 0] = channels(color).map((value) => {
        const share = value / 255
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
      })
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
    const groundOf = (element: Element | null): string => {
      if (!element) return 'rgb(255, 255, 255)'
      const { backgroundColor } = getComputedStyle(element)
      return channels(backgroundColor)[3] === 0 ? groundOf(element.parentElement) : backgroundColor
    }
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const faint: string[] = []
    while (texts.nextNode()) {
      const { parentElement: element, textContent } = texts.currentNode
      if (!element?.checkVisibility() || !textContent?.trim()) continue
      const [one, other] = [luminance(getComputedStyle(element).color), luminance(groundOf(element))]
      const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)
      if (contrast < 4.5) faint.push(`${textContent.trim()}: ${contrast.toFixed(2)}`)
    }
    return faint
  })
}
