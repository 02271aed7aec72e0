import { expect, test } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { choose, detailsOf, done, storedShown } from './list.ts'
import { button } from './stage.ts'
import { useStage } from './use-stage.ts'

const LONG_NAME = 'A-name-without-a-single-space-that-is-longer-than-any-phone-is-wide-and-then-some.mxf'
/** CSS pixels: WCAG 2.2 asks for 24. https://www.w3.org/TR/WCAG22/#target-size-minimum */
const LEAST_TARGET = 24

const stage = useStage()

test.each([320, 375])(
  'at %i pixels nothing is cut off or scrolls aside, and every button can be hit',
  async (width) => {
    const long = `${width}-${LONG_NAME}`
    const film = await stage.file(long, 24 * MIB)
    const notes = await stage.file('notes.txt', 1000)
    const { page } = await stage.open({ viewport: { width, height: 740 }, isMobile: true, hasTouch: true })
    const fits = async (state: string) => {
      const findings = await page.evaluate((least) => {
        const root = document.querySelector('partway-upload')?.shadowRoot
        const buttons = [...(root?.querySelectorAll('button') ?? []), ...document.querySelectorAll('button')]
        const boxOf = (element: Element) => {
          const { left, right, top, bottom, width, height } = element.getBoundingClientRect()
          return { name: element.ariaLabel ?? element.textContent, left, right, top, bottom, width, height }
        }
        const boxes = buttons.filter((button) => button.checkVisibility()).map(boxOf)
        // A text is as wide as its letters, however wide its element is.
        const texts = [...(root?.querySelectorAll('.row p, .upload p, .banner p') ?? [])].filter(
          (text) => text.checkVisibility() && text.textContent,
        )
        const letters = texts.map((text) => {
          const range = document.createRange()
          range.selectNodeContents(text)
          const { left, right, top, bottom } = range.getBoundingClientRect()
          return { name: text.textContent, left, right, top, bottom }
        })
        type Box = { left: number; right: number; top: number; bottom: number }
        const meet = (one: Box, other: Box) =>
          Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1 &&
          Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 1
        return {
          overflow: Math.max(0, document.documentElement.scrollWidth - innerWidth),
          small: boxes.filter(({ width, height }) => Math.min(width, height) < least).map(({ name }) => name),
          high: boxes.filter(({ height }) => height > 3 * least).map(({ name }) => name),
          outside: boxes.filter(({ left, right }) => left < 0 || right > innerWidth).map(({ name }) => name),
          hidden: letters.flatMap((text) =>
            boxes.filter((box) => meet(box, text)).map(({ name }) => `${text.name} under ${name}`),
          ),
        }
      }, LEAST_TARGET)
      const none = { overflow: 0, small: [], high: [], outside: [], hidden: [] }
      expect(findings, state).toEqual(none)
    }
    await fits('empty')
    const parts = stage.watch(long)
    parts.hold((part) => part > 1)
    await choose(page, film.path, notes.path)
    await storedShown(page, long, 1)
    await detailsOf(page, 'notes.txt')
    await fits('moving')
    await button(page, `Cancel ${long}`).tap()
    await button(page, 'Keep').waitFor()
    await fits('asked')
    await button(page, 'Keep').tap()
    parts.release()
    await done(page)
    await detailsOf(page, long)
    await fits('done')
  },
)
