import { afterAll, beforeAll, expect, test } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { choose, detailsOf, done, storedShown } from './list.ts'
import { button, openStage, type Stage } from './stage.ts'

const LONG = 'A-name-without-a-single-space-that-is-longer-than-any-phone-is-wide-and-then-some.mxf'
/** CSS pixels: WCAG 2.2 asks for 24. https://www.w3.org/TR/WCAG22/#target-size-minimum */
const LEAST_TARGET = 24

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
}, 60_000)
afterAll(() => stage?.close())

test.each([320, 375])(
  'at %i pixels nothing is cut off or scrolls aside, and every button can be hit',
  async (width) => {
    const film = await stage.file(LONG, 24 * MIB)
    const notes = await stage.file('notes.txt', 1000)
    const { page } = await stage.open({ viewport: { width, height: 740 }, isMobile: true, hasTouch: true })
    const fits = async (state: string) => {
      const { overflow, small } = await page.evaluate((least) => {
        const root = document.querySelector('partway-upload')?.shadowRoot
        const buttons = [...(root?.querySelectorAll('button') ?? []), ...document.querySelectorAll('button')]
        const boxes = buttons
          .filter((button) => button.checkVisibility())
          .map((button) => ({
            name: button.ariaLabel ?? button.textContent,
            box: button.getBoundingClientRect(),
          }))
        return {
          overflow: document.documentElement.scrollWidth - innerWidth,
          small: boxes
            .filter(
              ({ box }) => Math.min(box.width, box.height) < least || box.left < 0 || box.right > innerWidth,
            )
            .map(({ name, box }) => `${name}: ${box.width} × ${box.height} at ${box.left}`),
        }
      }, LEAST_TARGET)
      expect({ overflow: Math.max(0, overflow), small }, state).toEqual({ overflow: 0, small: [] })
    }
    await fits('empty')
    const parts = stage.watch(LONG)
    parts.hold((part) => part > 1)
    await choose(page, film.path, notes.path)
    await storedShown(page, LONG, 1)
    await detailsOf(page, 'notes.txt')
    await fits('moving')
    await button(page, `Cancel ${LONG}`).tap()
    await button(page, 'Keep').waitFor()
    await fits('asked')
    await button(page, 'Keep').tap()
    parts.release()
    await done(page)
    await detailsOf(page, LONG)
    await fits('done')
    await page.context().close()
  },
)
