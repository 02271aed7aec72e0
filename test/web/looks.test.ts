import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { axeFindings } from './axe.ts'
import { choose, detailsOf, done, storedShown, titled } from './list.ts'
import { button, rowOf, SCREENSHOTS, type TestFile } from './stage.ts'
import { useStage } from './use-stage.ts'

const VIEWPORTS = {
  wide: { width: 1100, height: 900 },
  phone: { width: 375, height: 780 },
}
const FILM = 'Holiday in Lisbon.mov'
const LONG = 'A-name-without-a-single-space-that-is-longer-than-any-phone-is-wide-and-then-some.mxf'

const stage = useStage()
let film: TestFile
let files: TestFile[]

beforeAll(async () => {
  film = await stage.file(FILM, 160 * MIB)
  files = [
    film,
    await stage.file(LONG, 48 * MIB),
    await stage.file('Holiday in Lisbon/Morning.jpg', 6 * MIB),
    await stage.file('Holiday in Lisbon/Noon.jpg', 6 * MIB),
    await stage.file('notes.pdf', 1_234_567),
  ]
}, 60_000)

test.each([
  ['light', 'wide'],
  ['dark', 'wide'],
  ['light', 'phone'],
  ['dark', 'phone'],
] as const)(
  '%s on a %s screen: every state fits, and axe-core finds nothing',
  async (colorScheme, screen) => {
    const setting = { colorScheme, viewport: VIEWPORTS[screen] }
    const { page, network, errors } = await stage.open(setting)
    const look = async (state: string, at = page) => {
      // What is below the fold is not drawn, and what is not drawn is not looked at.
      const { viewport } = setting
      const height = await at.evaluate(() => document.documentElement.scrollHeight)
      await at.setViewportSize({ ...viewport, height: Math.max(height, viewport.height) })
      await at.evaluate(drawn)
      await at.screenshot({ path: join(SCREENSHOTS, `${state}-${colorScheme}-${screen}.png`) })
      expect(await overflowOf(at), state).toBeLessThanOrEqual(0)
      expect(await axeFindings(at), state).toEqual([])
      await at.setViewportSize(viewport)
    }
    await button(page, 'Choose files').waitFor()
    await look('empty')

    const [films, others] = [stage.watch(FILM), stage.watch(LONG)]
    films.hold((part) => part > 8)
    others.hold((part) => part > 2)
    await choose(page, ...files.map(({ path }) => path))
    await storedShown(page, FILM, 8)
    await rowOf(page, 'notes.pdf')
      .getByText(/^Uploaded/)
      .waitFor()
    await look('moving')

    await button(page, `Cancel ${LONG}`).click()
    await button(page, 'Keep').waitFor()
    await look('asking')
    await button(page, 'Keep').click()

    await network('offline')
    await page.getByText(/^You are offline/).waitFor()
    await look('offline')
    films.holdNoMore()
    others.holdNoMore()
    films.hold((part) => part > 12)
    await network('fast')
    await rowOf(page, LONG)
      .getByText(/^Uploaded/)
      .waitFor()
    await storedShown(page, FILM, 12)
    await button(page, `Pause ${FILM}`).click()
    await titled(page, /Paused at \d+ %/)
    await look('paused-and-done')

    const other = await stage.open(setting)
    await other.page.getByText(/1 upload unfinished/).waitFor()
    await look('unfinished', other.page)
    await other.page.context().close()

    films.holdNoMore()
    await page.route(/partNumber=/, (route) =>
      route.fulfill({
        status: 403,
        headers: { 'access-control-allow-origin': '*' },
        body: '<Error><Code>AccessDenied</Code></Error>',
      }),
    )
    await button(page, `Resume ${FILM}`).click()
    // It is signed anew and tried again before it counts as refused.
    await button(page, `Retry ${FILM}`).waitFor({ timeout: 60_000 })
    await look('failed')
    await page.unroute(/partNumber=/)

    await button(page, `Retry ${FILM}`).click()
    await done(page, 60_000)
    await detailsOf(page, FILM)
    await look('done')
    expect(errors).toEqual([])
  },
  180_000,
)

/** What came into sight is drawn a frame later. */
async function drawn(): Promise<void> {
  for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame)
}

/** How many pixels the page scrolls aside. */
function overflowOf(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
}
