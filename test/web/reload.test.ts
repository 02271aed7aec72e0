import { appendFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { choose, done, focused, keyOf, overlap, storedShown } from './list.ts'
import { button, lineOf, rowOf, rowsOf, watchParts } from './stage.ts'
import { dragFrom } from './trusted-drop.ts'
import { useStage } from './use-stage.ts'

/** Ten parts: four of them are 40 %. */
const FILM_BYTES = 80 * MIB
const LATER_PARTS = [5, 6, 7, 8, 9, 10]
/** Four parts that are stored, and one in each of the five lanes. */
const SENT_BY_THEN = 9

const stage = useStage()

test('reloaded at 40 %, an upload goes on by itself, and no part that the store has is sent again', async () => {
  const film = await stage.file('reloaded.mp4', FILM_BYTES)
  const { page, errors } = await stage.open()
  const before = stage.watch('reloaded.mp4')
  before.hold((part) => part > 4)
  await choose(page, film.path)
  await storedShown(page, 'reloaded.mp4', 4)
  await before.untilSent(SENT_BY_THEN)

  const after = stage.watch('reloaded.mp4')
  before.holdNoMore()
  await page.reload()
  await done(page)
  expect(after.sent.toSorted(byNumber)).toEqual(LATER_PARTS)
  expect(await stage.sha256Stored(await keyOf(page, 'reloaded.mp4'))).toBe(film.sha256)
  expect(errors).toEqual([])
})

test('a file that was dropped goes on after a reload, read again where it lies', async () => {
  const film = await stage.file('dropped.mp4', FILM_BYTES)
  const { page } = await stage.open()
  const before = stage.watch('dropped.mp4')
  before.hold((part) => part > 4)
  await (await dragFrom(page, [film.path])).drop()
  await storedShown(page, 'dropped.mp4', 4)
  await before.untilSent(SENT_BY_THEN)

  const after = stage.watch('dropped.mp4')
  before.holdNoMore()
  await page.reload()
  await done(page)
  expect(after.sent.toSorted(byNumber)).toEqual(LATER_PARTS)
  expect(await stage.sha256Stored(await keyOf(page, 'dropped.mp4'))).toBe(film.sha256)
})

test('what was paused stands still after a reload, until a click', async () => {
  const film = await stage.file('paused.mp4', FILM_BYTES)
  const { page } = await stage.open()
  const before = stage.watch('paused.mp4')
  before.hold((part) => part > 4)
  await choose(page, film.path)
  await storedShown(page, 'paused.mp4', 4)
  await before.untilSent(SENT_BY_THEN)
  await button(page, 'Pause paused.mp4').click()
  await button(page, 'Resume paused.mp4').waitFor()

  const after = stage.watch('paused.mp4')
  before.holdNoMore()
  await page.reload()
  await page.getByText(/^1 upload unfinished/).waitFor()
  expect(await lineOf(page, 'paused.mp4', '.status')).toBe('Unfinished')
  expect(after.sent).toEqual([])
  await button(page, 'Resume').click()
  await done(page)
  expect(after.sent.toSorted(byNumber)).toEqual(LATER_PARTS)
  expect(await stage.sha256Stored(await keyOf(page, 'paused.mp4'))).toBe(film.sha256)
})

test('what another browser began is in the list, and goes on once its file is chosen', async () => {
  const film = await stage.file('moved film.mp4', FILM_BYTES)
  const one = await stage.open()
  const before = stage.watch('moved film.mp4')
  before.hold((part) => part > 4)
  await choose(one.page, film.path)
  await storedShown(one.page, 'moved film.mp4', 4)
  await before.untilSent(SENT_BY_THEN)
  await one.page.context().close()
  before.holdNoMore()

  const { page, errors } = await stage.open()
  const after = stage.watch('moved film.mp4')
  await page.getByText(/^1 upload unfinished: 33\.6 MB have arrived\.$/).waitFor()
  // What the server tells of a name is what is left of it in the key.
  expect(await lineOf(page, 'moved_film.mp4', '.status')).toContain('choose the file again')
  await button(page, 'Choose file moved_film.mp4').waitFor()
  await choose(page, film.path)
  await done(page)
  expect(await rowsOf(page).count()).toBe(1)
  expect(await rowOf(page, 'moved film.mp4').count()).toBe(1)
  expect(overlap(after.sent, [1, 2, 3, 4])).toEqual([])
  expect(await stage.sha256Stored(await keyOf(page, 'moved film.mp4'))).toBe(film.sha256)
  expect(errors).toEqual([])
})

test('of unfinished uploads, Discard asks, and has the server drop them', async () => {
  const film = await stage.file('discarded.mp4', FILM_BYTES)
  const one = await stage.open()
  const before = stage.watch('discarded.mp4')
  before.hold((part) => part > 4)
  await choose(one.page, film.path)
  await storedShown(one.page, 'discarded.mp4', 4)
  await before.untilSent(SENT_BY_THEN)
  await one.page.context().close()
  before.holdNoMore()
  expect(await stage.unfinished()).toEqual(['discarded.mp4'])

  const { page } = await stage.open()
  await button(page, 'Discard').click()
  await page.getByRole('group', { name: /^Discard this upload\? The 33\.6 MB/ }).waitFor()
  expect(await focused(page)).toBe('Keep')
  await page.keyboard.press('Escape')
  expect(await focused(page)).toBe('Discard')
  expect(await stage.unfinished()).toEqual(['discarded.mp4'])

  await button(page, 'Discard').click()
  await button(page, 'Discard upload').click()
  await rowOf(page, 'discarded.mp4').waitFor({ state: 'detached' })
  await page.getByText(/unfinished/).waitFor({ state: 'hidden' })
  expect(await stage.unfinished()).toEqual([])
  expect(await focused(page)).not.toBe('')
  await page.reload()
  await button(page, 'Choose files').waitFor()
  expect(await rowsOf(page).count()).toBe(0)
})

test('a file that changed on the disk before the reload is not mixed with what has arrived', async () => {
  const film = await stage.file('changed.mp4', FILM_BYTES)
  const { page } = await stage.open()
  const before = stage.watch('changed.mp4')
  before.hold((part) => part > 4)
  await choose(page, film.path)
  await storedShown(page, 'changed.mp4', 4)
  await before.untilSent(SENT_BY_THEN)
  await appendFile(film.path, 'one more scene')
  const after = stage.watch('changed.mp4')
  before.holdNoMore()
  await page.reload()

  await rowOf(page, 'changed.mp4')
    .getByRole('alert')
    .getByText(/This file changed/)
    .waitFor()
  expect(after.stored).toEqual([])
  const requests = watchParts(page)
  await choose(page, film.path)
  await done(page)
  expect(requests.sent.toSorted(byNumber)).toEqual([1, 2, 3, 4, ...LATER_PARTS, 11])
  expect(await stage.unfinished()).toEqual([])
})

function byNumber(a: number, b: number): number {
  return a - b
}
