import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { choose, done, keyOf, overlap, storedShown, titled } from './list.ts'
import { button, lineOf, openTab, rowOf, rowsOf, type Tab } from './stage.ts'
import { useStage } from './use-stage.ts'

const FILM_BYTES = 80 * MIB
/** Four parts that are stored, and one in each of the five lanes. */
const SENT_BY_THEN = 9

const stage = useStage()

test('two tabs show one list; the second pauses and resumes what the first sends', async () => {
  const film = await stage.file('shared.mp4', FILM_BYTES)
  const { page } = await stage.open()
  const parts = stage.watch('shared.mp4')
  parts.hold((part) => part > 4)
  await choose(page, film.path)
  await storedShown(page, 'shared.mp4', 4)

  const { page: other } = await besides(page)
  await storedShown(other, 'shared.mp4', 4)
  await button(other, 'Pause shared.mp4').click()
  await Promise.all([titled(page, /Paused at \d+ %/), titled(other, /Paused at \d+ %/)])
  await button(page, 'Resume shared.mp4').waitFor()
  const before = parts.stored.slice()
  parts.holdNoMore()
  const after = stage.watch('shared.mp4')
  await button(other, 'Resume shared.mp4').click()
  await Promise.all([done(page), done(other)])
  expect(overlap(after.sent, before)).toEqual([])
  expect(await keyOf(other, 'shared.mp4')).toBe(await keyOf(page, 'shared.mp4'))
  expect(await stage.sha256Stored(await keyOf(other, 'shared.mp4'))).toBe(film.sha256)
})

test('a file that is added in the second tab is sent by the first, and refused where it is on its way already', async () => {
  const film = await stage.file('added.mp4', FILM_BYTES)
  const { page } = await stage.open()
  const { page: other } = await besides(page)
  const parts = stage.watch('added.mp4')
  parts.hold((part) => part > 4)
  await choose(other, film.path)
  await storedShown(page, 'added.mp4', 4)
  await choose(other, film.path)
  await other.getByRole('alert').getByText('added.mp4 is on its way already.').waitFor()
  expect(await rowsOf(page).count()).toBe(1)
  parts.release()
  await Promise.all([done(page), done(other)])
  expect(parts.sent.toSorted(byNumber)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  expect(await stage.sha256Stored(await keyOf(page, 'added.mp4'))).toBe(film.sha256)
})

test('when the tab that sends is closed, the other goes on, and sends nothing twice', async () => {
  const film = await stage.file('orphaned.mp4', FILM_BYTES)
  const { page } = await stage.open()
  const before = stage.watch('orphaned.mp4')
  before.hold((part) => part > 4)
  await choose(page, film.path)
  const { page: other, errors } = await besides(page)
  await storedShown(other, 'orphaned.mp4', 4)
  await before.untilSent(SENT_BY_THEN)

  const after = stage.watch('orphaned.mp4')
  before.holdNoMore()
  await page.close()
  await done(other)
  expect(after.sent.toSorted(byNumber)).toEqual([5, 6, 7, 8, 9, 10])
  expect(await stage.sha256Stored(await keyOf(other, 'orphaned.mp4'))).toBe(film.sha256)
  expect(errors).toEqual([])
})

test('cancelled and removed in one tab, a file is gone from both', async () => {
  const film = await stage.file('cancelled.mp4', FILM_BYTES)
  const small = await stage.file('notes.txt', 1000)
  const { page } = await stage.open()
  const { page: other } = await besides(page)
  stage.watch('cancelled.mp4').hold((part) => part > 4)
  await choose(page, film.path, small.path)
  await storedShown(other, 'cancelled.mp4', 4)
  await button(other, 'Cancel cancelled.mp4').click()
  await button(other, 'Cancel upload').click()
  await Promise.all([page, other].map((tab) => rowOf(tab, 'cancelled.mp4').waitFor({ state: 'detached' })))
  await Promise.all([done(page), done(other)])
  expect(await lineOf(page, 'notes.txt', '.status')).toMatch(/^Uploaded/)
  await button(page, 'Remove from the list: notes.txt').click()
  await Promise.all([page, other].map((tab) => rowOf(tab, 'notes.txt').waitFor({ state: 'detached' })))
})

async function besides(page: Page): Promise<Tab> {
  return openTab(await page.context().newPage(), stage.apiUrl)
}

function byNumber(a: number, b: number): number {
  return a - b
}
