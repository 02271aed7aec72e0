import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { axeFindings } from './axe.ts'
import { openDownloads, press, says, statusOf, store, storedRow } from './download-page.ts'
import { openStage, SCREENSHOTS, type Stage, textOf } from './stage.ts'

const MIB = 1024 * 1024

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
}, 60_000)
afterAll(() => stage?.close())

async function open() {
  const opened = await openDownloads(stage, randomUUID())
  onTestFinished(() => opened.close())
  return opened
}

test('an empty bucket says so, and shows a file as soon as it is uploaded', async () => {
  const { page } = await open()
  await page.getByText('Nothing is stored yet. What is uploaded appears here.').waitFor()
  const notes = await stage.file('notes.txt', 1234)
  await page.setInputFiles('#files', notes.path)
  await says(page, notes.name, /^1.23 kB · stored /)
  expect(await textOf(page.locator('.count'))).toBe('1 file')
}, 60_000)

test('what was stored last comes first, a filter finds names, and is said to whoever listens', async () => {
  for (let number = 1; number <= 9; number++)
    await store(stage, await stage.file(`take-${number}.mov`, number))
  const { page } = await open()
  await storedRow(page, 'take-1.mov').waitFor()
  const names = page.locator('.download .name')
  const filter = page.getByRole('searchbox', { name: 'Filter by name' })
  await filter.fill('TAKE-')
  expect(await names.allTextContents()).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1].map((n) => `take-${n}.mov`))
  await filter.fill('e-4')
  expect(await names.allTextContents()).toEqual(['take-4.mov'])
  await page
    .getByRole('status')
    .filter({ hasText: /^1 of \d+ files$/ })
    .waitFor({ state: 'attached' })
  await filter.fill('nothing')
  await page.getByText('No file has that in its name.').waitFor()
}, 60_000)

test('a list that cannot be had says so, and is asked for again by a button', async () => {
  const film = await stage.file('listed.mov', MIB)
  await store(stage, film)
  const { page } = await open()
  await storedRow(page, film.name).waitFor()
  await page.route('**/objects?*', (route) => route.fulfill({ status: 500, body: '{}' }))
  await page.getByRole('button', { name: 'Refresh' }).click()
  await page.getByRole('alert').filter({ hasText: 'The server failed.' }).waitFor()
  await page.unroute('**/objects?*')
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByRole('button', { name: 'Try again' }).waitFor({ state: 'hidden' })
  expect(await storedRow(page, film.name).isVisible()).toBe(true)
}, 60_000)

test('a download is done by keyboard alone, and the focus never gets lost', async () => {
  const film = await stage.file('film.mov', 24 * MIB)
  await store(stage, film)
  const { page, hold, release } = await open()
  const row = storedRow(page, film.name)
  const focused = () =>
    page.evaluate(() => document.querySelector('partway-upload')?.shadowRoot?.activeElement?.ariaLabel)
  hold(1)
  await row.getByRole('button', { name: /^Download film.mov, 25.2 MB, / }).focus()
  await page.keyboard.press('Enter')
  await row.getByRole('button', { name: 'Pause download of film.mov' }).waitFor()
  expect(await focused()).toBe('Pause download of film.mov')
  await page.keyboard.press('Enter')
  await says(page, film.name, /^Paused$/)
  expect(await focused()).toBe('Resume download of film.mov')
  release()
  await page.keyboard.press('Enter')
  await says(page, film.name, /^Downloaded, checksum verified/)
  expect(await focused()).toMatch(/^Download film.mov, /)
  await page.getByRole('status').filter({ hasText: 'film.mov is downloaded.' }).waitFor({ state: 'attached' })
  // Asked, the list is another one, and so is the answer.
  await press(page, film.name, 'Download')
  await says(page, film.name, /^Downloaded, checksum verified/)
}, 60_000)

test('axe finds nothing in the list, in both colours', async () => {
  for (const name of ['a-holiday-by-the-sea.mov', 'invoice.pdf', 'holiday.mov', 'raw.zip'])
    await store(stage, await stage.file(name, 24 * MIB))
  const { page, hold } = await open()
  await storedRow(page, 'raw.zip').waitFor()
  await press(page, 'invoice.pdf', 'Download')
  await says(page, 'invoice.pdf', /^Downloaded/)
  hold(1)
  await press(page, 'raw.zip', 'Download')
  await says(page, 'raw.zip', /^Downloading$/)
  await press(page, 'holiday.mov', 'Download')
  await press(page, 'holiday.mov', 'Pause')
  await says(page, 'holiday.mov', /^Paused$/)
  expect(await statusOf(page, 'invoice.pdf')).toMatch(/^Downloaded, checksum verified · 25.2\sMB/)
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width: 1024, height: 768 })
    expect(await axeFindings(page)).toEqual([])
    await page.screenshot({ path: join(SCREENSHOTS, `downloads-${colorScheme}.png`), fullPage: true })
    await page.setViewportSize({ width: 360, height: 780 })
    await page.screenshot({ path: join(SCREENSHOTS, `downloads-${colorScheme}-phone.png`), fullPage: true })
    expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)).toBe(false)
  }
}, 90_000)
