import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { done, focused, storedShown } from './list.ts'
import { button, openStage, rowOf, rowsOf, type Stage } from './stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
}, 60_000)
afterAll(() => stage?.close())

test('from the first Tab to a cancelled file and a finished one, the keyboard does it all and is never lost', async () => {
  const film = await stage.file('keys.mp4', 40 * MIB)
  const other = await stage.file('dropped.mp4', 40 * MIB)
  const { page } = await stage.open()
  // The browser's other dialog cannot be answered by a test.
  await page.evaluate(() => Reflect.deleteProperty(window, 'showOpenFilePicker'))
  const press = async (key: string) => {
    await page.keyboard.press(key)
    return focused(page)
  }
  const parts = stage.watch('keys.mp4')
  parts.hold((part) => part > 2)
  const others = stage.watch('dropped.mp4')
  others.hold((part) => part > 2)

  // Asked for before the key is pressed, for the browser has to be told to open no dialog of its own.
  const chosen = page.waitForEvent('filechooser').then((chooser) => chooser.setFiles([film.path, other.path]))
  expect(await press('Tab')).toBe('Choose files')
  expect(await outlineOf(page)).toBe('solid')
  await press('Enter')
  await chosen
  await button(page, 'Pause keys.mp4').waitFor()
  expect(await focused(page)).toBe('Choose files')
  await parts.untilStored(2)

  expect(await tabTo(page, 'Pause keys.mp4')).toBe(true)
  expect(await outlineOf(page)).toBe('solid')
  await press('Space')
  await button(page, 'Resume keys.mp4').waitFor()
  expect(await focused(page)).toBe('Resume keys.mp4')
  parts.holdNoMore()
  await press('Enter')
  await rowOf(page, 'keys.mp4').getByRole('button', { name: 'Download keys.mp4' }).waitFor()
  expect(await focused(page)).not.toBe('')
  expect(await isLost(page)).toBe(false)

  await storedShown(page, 'dropped.mp4', 2)
  expect(await tabTo(page, 'Cancel dropped.mp4')).toBe(true)
  await press('Enter')
  await expect.poll(() => focused(page)).toBe('Keep')
  expect(await press('Escape')).toBe('Cancel dropped.mp4')
  await press('Enter')
  await expect.poll(() => focused(page)).toBe('Keep')
  expect(await press('Tab')).toBe('Cancel upload')
  await press('Enter')
  await page.getByRole('status').getByText('dropped.mp4 is cancelled.').waitFor({ state: 'attached' })
  await done(page)
  expect(await isLost(page)).toBe(false)
  expect(await stage.unfinished()).toEqual([])

  expect(await tabTo(page, 'Remove from the list: keys.mp4')).toBe(true)
  await press('Enter')
  await rowsOf(page).first().waitFor({ state: 'detached' })
  expect(await focused(page)).toBe('Choose files')
})

/** Forwards, from wherever the focus is, all the way round at most. */
async function tabTo(page: Page, name: string): Promise<boolean> {
  for (let tries = 0; tries < 40; tries++) {
    if ((await focused(page)) === name) return true
    await page.keyboard.press('Tab')
  }
  return false
}

/** Whether the next Tab would begin at the top of the page again. */
function isLost(page: Page): Promise<boolean> {
  return page.evaluate(() => document.activeElement === document.body)
}

function outlineOf(page: Page): Promise<string> {
  return page.evaluate(() => {
    let element = document.activeElement
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
    return getComputedStyle(element ?? document.body).outlineStyle
  })
}
