import { setTimeout } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { choose, done, keyOf } from './list.ts'
import { openStage, type Stage } from './stage.ts'

const FILM_BYTES = 80 * MIB
/** Of the URLs that are signed here, in place of an hour. */
const URL_SECONDS = 2

let stage: Stage
beforeAll(async () => {
  stage = await openStage({ urlSeconds: URL_SECONDS })
}, 60_000)
afterAll(() => stage?.close())

test('URLs that expire on the way are signed again, and nobody is told', async () => {
  const film = await stage.file('expired.mp4', FILM_BYTES)
  const { page, errors } = await stage.open()
  const refused: number[] = []
  page.on('response', (response) => {
    if (response.request().method() === 'PUT' && !response.ok()) refused.push(response.status())
  })
  const parts = stage.watch('expired.mp4')
  parts.hold((part) => part > 4)
  const shown = await shownProblems(page)
  await choose(page, film.path)
  await parts.until(() => parts.sent.length > 4)
  // Nothing but time makes a signature expire.
  await setTimeout((URL_SECONDS + 1) * 1000)
  parts.release()
  await done(page)
  expect(refused).toContain(403)
  expect(await shown()).toEqual([])
  expect(await stage.sha256Stored(await keyOf(page, 'expired.mp4'))).toBe(film.sha256)
  expect(errors).toEqual([])
})

/** Whatever was an alert at any time from now on. */
async function shownProblems(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const root = document.querySelector('partway-upload')?.shadowRoot
    if (!root) throw new Error('Expected an element of uploads.')
    const seen: string[] = []
    Object.assign(globalThis, { seenProblems: seen })
    const look = () => {
      for (const alert of root.querySelectorAll('[role=alert]')) {
        for (const line of alert.querySelectorAll('p'))
          if (line.checkVisibility() && line.textContent) seen.push(line.textContent)
        if (alert.matches('p') && alert.textContent) seen.push(alert.textContent)
      }
    }
    new MutationObserver(look).observe(root, {
      subtree: true,
      childList: true,
      characterData: true,
      attributes: true,
    })
  })
  return () => page.evaluate(() => (globalThis as unknown as { seenProblems: string[] }).seenProblems)
}
