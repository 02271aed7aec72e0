import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { choose, detailsOf, done, focused, keyOf, storedShown, titled } from './list.ts'
import { button, lineOf, rowOf, rowsOf, sha256, textOf } from './stage.ts'
import { useStage } from './use-stage.ts'

const stage = useStage()

test('a file in parts arrives whole, its proof can be copied, and it comes back by the button', async () => {
  const film = await stage.file('film.mp4', 40 * MIB)
  const { page, errors } = await stage.open({ permissions: ['clipboard-read', 'clipboard-write'] })
  const parts = stage.watch('film.mp4')

  await choose(page, film.path)
  await done(page)
  expect(await lineOf(page, 'film.mp4', '.status')).toMatch(
    /^Uploaded, checksum verified · 41\.9 MB in 5 parts · \d+ s$/,
  )
  expect(await textOf(page.locator('#summary'))).toContain('1 file uploaded')
  expect(parts.stored.toSorted()).toEqual([1, 2, 3, 4, 5])

  const details = await detailsOf(page, 'film.mp4')
  expect(await textOf(details.locator('.proof'))).toMatch(/^Checksum verified/)
  await details.getByText('5 stored').waitFor()
  const key = await keyOf(page, 'film.mp4')
  expect(await stage.sha256Stored(key)).toBe(film.sha256)
  const checksum = await textOf(details.locator('dd.checksum'))
  expect(checksum).toMatch(/^CRC64NVME \S{12}$/)
  for (const [what, value] of Object.entries({ key, checksum })) {
    await button(page, `Copy ${what} of film.mp4`).click()
    await details.getByText('Copied').waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(value)
    await details.getByText('Copied').waitFor({ state: 'detached' })
  }

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    rowOf(page, 'film.mp4').getByRole('button', { name: 'Download film.mp4' }).click(),
  ])
  expect(download.suggestedFilename()).toBe('film.mp4')
  expect(sha256(await readFile(await download.path()))).toBe(film.sha256)
  expect(await page.title()).toBe('Done · Partway')

  await button(page, 'Remove from the list: film.mp4').click()
  await rowOf(page, 'film.mp4').waitFor({ state: 'detached' })
  expect(await focused(page)).toBe('Choose files')
  expect(await page.title()).toBe('Partway')
  expect(errors).toEqual([])
})

test('files of no parts: an empty one, a small one with a name from elsewhere', async () => {
  const empty = await stage.file('empty.txt', 0)
  const small = await stage.file('Ünïcödé – 電影 (1).txt', 12_345)
  const { page, errors } = await stage.open()

  await choose(page, empty.path, small.path)
  await done(page)
  for (const { name, sha256 } of [empty, small]) {
    expect(await stage.sha256Stored(await keyOf(page, name))).toBe(sha256)
  }
  expect(errors).toEqual([])
})

test('pause stops the bytes, resume goes on, and the keyboard stays where it was', async () => {
  const film = await stage.file('paused.mp4', 40 * MIB)
  const { page } = await stage.open()
  const parts = stage.watch('paused.mp4')
  parts.hold((part) => part > 2)
  await choose(page, film.path)
  await storedShown(page, 'paused.mp4', 2)
  await button(page, 'Pause paused.mp4').click()
  await button(page, 'Resume paused.mp4').waitFor()
  expect(await lineOf(page, 'paused.mp4', '.status')).toBe('Paused')
  expect(await page.title()).toMatch(/^Paused at \d+ % · Partway$/)
  expect(await focused(page)).toBe('Resume paused.mp4')
  parts.holdNoMore()
  expect(parts.stored.toSorted()).toEqual([1, 2])

  const after = stage.watch('paused.mp4')
  await page.keyboard.press('Enter')
  await done(page)
  expect(after.sent.toSorted()).toEqual([3, 4, 5])
  expect(await stage.sha256Stored(await keyOf(page, 'paused.mp4'))).toBe(film.sha256)
})

test('all files pause, resume and are cancelled together', async () => {
  const films = [await stage.file('one.mp4', 24 * MIB), await stage.file('two.mp4', 24 * MIB)]
  const { page } = await stage.open()
  const watches = films.map(({ name }) => stage.watch(name))
  for (const parts of watches) parts.hold((part) => part > 1)
  await choose(page, ...films.map(({ path }) => path))
  for (const { name } of films) await storedShown(page, name, 1)

  await button(page, 'Pause all').click()
  for (const { name } of films) await button(page, `Resume ${name}`).waitFor()
  await titled(page, /Paused at \d+ %/)
  for (const parts of watches) parts.holdNoMore()
  for (const parts of watches) parts.hold((part) => part > 2)
  await button(page, 'Resume all').click()
  for (const { name } of films) await storedShown(page, name, 2)
  await button(page, 'Cancel all').click()
  await button(page, 'Cancel uploads').click()
  for (const { name } of films) await rowOf(page, name).waitFor({ state: 'detached' })
  expect(await stage.unfinished()).toEqual([])
  await page.waitForFunction(() => document.title === 'Partway')
})

test('cancel asks first, and has the server drop what had arrived', async () => {
  const film = await stage.file('cancelled.mp4', 40 * MIB)
  const { page } = await stage.open()
  stage.watch('cancelled.mp4').hold((part) => part > 2)
  await choose(page, film.path)
  await storedShown(page, 'cancelled.mp4', 2)
  expect(await stage.unfinished()).toContain('cancelled.mp4')
  await button(page, 'Cancel cancelled.mp4').click()
  await button(page, 'Keep').click()
  expect(await focused(page)).toBe('Cancel cancelled.mp4')
  expect(await stage.unfinished()).toContain('cancelled.mp4')

  await button(page, 'Cancel cancelled.mp4').click()
  await button(page, 'Cancel upload').click()
  await rowOf(page, 'cancelled.mp4').waitFor({ state: 'detached' })
  expect(await stage.unfinished()).not.toContain('cancelled.mp4')
  expect(await focused(page)).toBe('Choose files')
  await page.getByRole('status').getByText('cancelled.mp4 is cancelled.').waitFor({ state: 'attached' })
})

test('a file that the server refuses has its reason in words for a person, and no retry', async () => {
  const { page, errors } = await stage.open()
  await chooseHuge(page, 'huge.tar', 60_000_000_000_000)
  await page
    .getByRole('alert')
    .getByText(/too large/)
    .waitFor()
  expect(await page.getByRole('button', { name: /^Retry/ }).count()).toBe(0)
  expect(errors).toEqual([])
})

test('a file that is chosen twice stands in the list once; chosen again while it is paused, it goes on', async () => {
  const film = await stage.file('twice.mp4', 40 * MIB)
  const { page } = await stage.open()
  const parts = stage.watch('twice.mp4')
  parts.hold((part) => part > 2)
  await choose(page, film.path)
  await storedShown(page, 'twice.mp4', 2)
  await choose(page, film.path)
  await page.getByRole('alert').getByText('twice.mp4 is on its way already.').waitFor()
  expect(await rowsOf(page).count()).toBe(1)

  await button(page, 'Pause twice.mp4').click()
  await button(page, 'Resume twice.mp4').waitFor()
  parts.holdNoMore()
  await choose(page, film.path)
  await done(page)
  expect(await rowsOf(page).count()).toBe(1)
  await page.getByText('twice.mp4 is on its way already.').waitFor({ state: 'hidden' })
})

test('a download while another file moves asks nothing and interrupts nothing', async () => {
  const notes = await stage.file('notes.txt', 1000)
  const film = await stage.file('moving.mp4', 40 * MIB)
  const { page } = await stage.open()
  const parts = stage.watch('moving.mp4')
  await choose(page, notes.path)
  await rowOf(page, 'notes.txt').getByRole('button', { name: 'Download notes.txt' }).waitFor()
  parts.hold((part) => part > 2)
  await choose(page, film.path)
  await storedShown(page, 'moving.mp4', 2)
  const dialogs: string[] = []
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.type())
    return dialog.accept()
  })

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    rowOf(page, 'notes.txt').getByRole('button', { name: 'Download notes.txt' }).click(),
  ])
  expect(sha256(await readFile(await download.path()))).toBe(notes.sha256)
  parts.release()
  await done(page)
  expect(dialogs).toEqual([])
  expect(parts.sent.toSorted()).toEqual([1, 2, 3, 4, 5])
})

test('leaving asks first while something moves, and not afterwards', async () => {
  const film = await stage.file('leaving.mp4', 40 * MIB)
  const { page } = await stage.open()
  stage.watch('leaving.mp4').hold((part) => part > 2)
  await choose(page, film.path)
  await storedShown(page, 'leaving.mp4', 2)
  // Chromium asks only on pages that somebody has touched.
  await page.getByRole('heading', { name: 'Partway' }).click()

  const asked = page.waitForEvent('dialog')
  await page.close({ runBeforeUnload: true })
  const dialog = await asked
  expect(dialog.type()).toBe('beforeunload')
  await dialog.dismiss()

  await button(page, 'Pause leaving.mp4').click()
  await button(page, 'Resume leaving.mp4').waitFor()
  await Promise.all([page.waitForEvent('close'), page.close({ runBeforeUnload: true })])
})

/** No disk here holds such a file: its size is made up. */
async function chooseHuge(page: Page, name: string, bytes: number): Promise<void> {
  await page.locator('#files').evaluate(
    (input, { name, bytes }) => {
      const file = Object.defineProperty(new File([''], name), 'size', { value: bytes })
      Object.defineProperty(input, 'files', { value: [file], configurable: true })
      input.dispatchEvent(new Event('change'))
    },
    { name, bytes },
  )
}
