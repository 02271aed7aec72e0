import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { ListPartsResponse, ListUploadsResponse } from '../../protocol/schemas.ts'
import {
  button,
  lineOf,
  openStage,
  type PartWatch,
  rowOf,
  SCREENSHOTS,
  type Stage,
  sha256,
  textOf,
  watchParts,
} from './stage.ts'

const MIB = 1024 * 1024
/** Slow enough for 40 MiB to be caught on the way, and fast enough for a test. */
const SLOW = 16 * MIB

let stage: Stage

beforeAll(async () => {
  stage = await openStage()
}, 60_000)
afterAll(() => stage?.close())
afterEach(() => Promise.all(stage.browser.contexts().map((context) => context.close())))

test('a file in parts arrives whole, and comes back by the button and under the key that the page shows', async () => {
  const film = await stage.file('film.mp4', 40 * MIB)
  const { page, errors } = await stage.open({ permissions: ['clipboard-read', 'clipboard-write'] })
  const parts = watchParts(page)

  await choose(page, film.path)
  await page.waitForFunction(() => document.title === 'Done · Partway')
  const row = rowOf(page, 'film.mp4')
  expect(await lineOf(page, 'film.mp4', '.status')).toMatch(/^Uploaded · 41\.9 MB in 5 parts · \d+ s$/)
  expect(await lineOf(page, 'film.mp4', '.proof')).toMatch(/verified.*CRC64NVME/)
  expect(await textOf(page.locator('#summary'))).toContain('1 file uploaded')
  expect(parts.stored.toSorted()).toEqual([1, 2, 3, 4, 5])

  const key = await lineOf(page, 'film.mp4', '.key')
  expect(await stage.sha256Stored(key)).toBe(film.sha256)

  await button(page, 'Copy key of film.mp4').click()
  await row.getByText('Copied').waitFor()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(key)

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    button(page, 'Download film.mp4').click(),
  ])
  expect(download.suggestedFilename()).toBe('film.mp4')
  expect(sha256(await readFile(await download.path()))).toBe(film.sha256)
  expect(await page.title()).toBe('Done · Partway')

  await button(page, 'Remove from the list: film.mp4').click()
  expect(await page.getByRole('listitem').count()).toBe(0)
  expect(await focused(page)).toBe('Choose files')
  expect(errors).toEqual([])
})

test('files of no parts: an empty one, a small one with a name from elsewhere', async () => {
  const empty = await stage.file('empty.txt', 0)
  const small = await stage.file('Ünïcödé – 電影 (1).txt', 12_345)
  const { page, errors } = await stage.open()

  await choose(page, empty.path, small.path)
  await page.waitForFunction(() => document.title === 'Done · Partway')
  for (const { name, sha256 } of [empty, small]) {
    expect(await stage.sha256Stored(await lineOf(page, name, '.key'))).toBe(sha256)
  }
  expect(errors).toEqual([])
})

test('pause stops the bytes, resume goes on, and the keyboard stays where it was', async () => {
  const film = await stage.file('paused.mp4', 40 * MIB)
  const { page, network } = await stage.open()
  const parts = watchParts(page)
  await network(SLOW)

  await choose(page, film.path)
  await waitForProgress(page, 'paused.mp4', 0.3)
  await button(page, 'Pause paused.mp4').click()
  await button(page, 'Resume paused.mp4').waitFor()
  expect(await lineOf(page, 'paused.mp4', '.status')).toBe('Paused')
  expect(await page.title()).toMatch(/^Paused at \d+ % · Partway$/)
  expect(await focused(page)).toBe('Resume paused.mp4')
  const before = parts.stored.slice()
  const sentBefore = parts.sent.length

  await network('fast')
  await page.keyboard.press('Enter')
  await page.waitForFunction(() => document.title === 'Done · Partway')
  expect(overlap(parts.sent.slice(sentBefore), before)).toEqual([])
  expect(await stage.sha256Stored(await lineOf(page, 'paused.mp4', '.key'))).toBe(film.sha256)
})

test('cancel has the server drop what had arrived', async () => {
  const film = await stage.file('cancelled.mp4', 40 * MIB)
  const { page } = await stage.open()
  // The last part never gets through: there is something left to cancel, however fast the others are.
  await page.route(/[?&]partNumber=5\b/, () => {})

  await choose(page, film.path)
  await waitForProgress(page, 'cancelled.mp4', 0.3)
  expect(await unfinished()).toContain('cancelled.mp4')
  await button(page, 'Cancel cancelled.mp4').click()
  await rowOf(page, 'cancelled.mp4').waitFor({ state: 'detached' })
  expect(await unfinished()).not.toContain('cancelled.mp4')
  expect(await focused(page)).toBe('Choose files')
  await page.getByRole('status').getByText('cancelled.mp4 is cancelled.').waitFor({ state: 'attached' })
})

test('after a reload the same file goes on: no part that the store has is sent again', async () => {
  const film = await stage.file('reloaded.mp4', 64 * MIB)
  const { page, network } = await stage.open()
  await network(SLOW)
  const first = watchParts(page)

  await choose(page, film.path)
  await first.until(2)
  await page.reload()
  const stored = await storedParts(first)
  expect(stored.length).toBeGreaterThan(0)
  expect(stored.length).toBeLessThan(8)

  const second = watchParts(page)
  await choose(page, film.path)
  await rowOf(page, 'reloaded.mp4')
    .getByText(/^Going on, \d+(\.\d+)? MB were there already$/)
    .waitFor()
  await network('fast')
  await page.waitForFunction(() => document.title === 'Done · Partway')
  expect(second.sent.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7, 8].filter((part) => !stored.includes(part)))
  expect(await stage.sha256Stored(await lineOf(page, 'reloaded.mp4', '.key'))).toBe(film.sha256)
})

test('without a network the page says so, and goes on by itself', async () => {
  const film = await stage.file('offline.mp4', 40 * MIB)
  const { page, network } = await stage.open()
  await network(SLOW)

  await choose(page, film.path)
  await waitForProgress(page, 'offline.mp4', 0.2)
  await network('offline')
  await rowOf(page, 'offline.mp4').getByText('Waiting for the network; goes on by itself').waitFor()
  await page.waitForFunction(() => /^Waiting at \d+ % · Partway$/.test(document.title))
  await network('fast')
  await page.waitForFunction(() => document.title === 'Done · Partway')
  expect(await stage.sha256Stored(await lineOf(page, 'offline.mp4', '.key'))).toBe(film.sha256)
})

test('a file that is chosen without a network waits for it', async () => {
  const film = await stage.file('patient.mp4', 20 * MIB)
  const { page, network } = await stage.open()
  await network('offline')
  await choose(page, film.path)
  await rowOf(page, 'patient.mp4').getByText('Waiting for the network; goes on by itself').waitFor()
  await network('fast')
  await page.waitForFunction(() => document.title === 'Done · Partway')
  expect(await stage.sha256Stored(await lineOf(page, 'patient.mp4', '.key'))).toBe(film.sha256)
})

test('what found no server goes on by Retry', async () => {
  const film = await stage.file('retried.mp4', 40 * MIB)
  const { page } = await stage.open({ colorScheme: 'dark' })
  await page.route(`${stage.apiUrl}/uploads**`, (route) => route.abort('connectionrefused'))
  await choose(page, film.path)
  await rowOf(page, 'retried.mp4').getByRole('alert').getByText('The connection was lost.').waitFor()
  expect(await lineOf(page, 'retried.mp4', '.status')).toBe('Stopped for now')
  expect(await page.title()).toBe('Stopped at 0 % · Partway')

  await page.unroute(`${stage.apiUrl}/uploads**`)
  await button(page, 'Retry retried.mp4').click()
  await page.waitForFunction(() => document.title === 'Done · Partway')
  expect(await rowOf(page, 'retried.mp4').locator('.problem').textContent()).toBe('')
  expect(await stage.sha256Stored(await lineOf(page, 'retried.mp4', '.key'))).toBe(film.sha256)
})

test('files dropped by the system are taken anywhere on the page, folders are named and left out', async () => {
  const film = await stage.file('dropped.mp4', 1 * MIB)
  const { page } = await stage.open()
  const session = await page.context().newCDPSession(page)
  const drag = (type: 'dragEnter' | 'dragOver' | 'drop', files: string[]) =>
    session.send('Input.dispatchDragEvent', {
      type,
      x: 500,
      y: 700,
      data: { items: [], files, dragOperationsMask: 1 },
    })
  const overlay = page.getByText('Drop to upload')

  await drag('dragEnter', [film.path])
  await overlay.waitFor()
  await page.screenshot({ path: join(SCREENSHOTS, 'drop-light.png') })
  // The protocol has no way to leave, or to think better of it.
  await page.dispatchEvent('body', 'dragleave')
  await overlay.waitFor({ state: 'hidden' })

  const files = [film.path, join(film.path, '..')]
  await drag('dragEnter', files)
  await drag('dragOver', files)
  await drag('drop', files)
  await overlay.waitFor({ state: 'hidden' })
  await page.getByRole('alert').getByText('1 folder left out').waitFor()
  await page.waitForFunction(() => document.title === 'Done · Partway')
  expect(await page.getByRole('listitem').count()).toBe(1)
  expect(await stage.sha256Stored(await lineOf(page, 'dropped.mp4', '.key'))).toBe(film.sha256)
})

test('everything can be done from the keyboard', async () => {
  const film = await stage.file('keys.mp4', 40 * MIB)
  const { page, network } = await stage.open()
  await network(SLOW)
  const press = async (key: string, times = 1) => {
    for (let time = 0; time < times; time++) await page.keyboard.press(key)
    return focused(page)
  }

  // Asked for before the key is pressed, for the browser has to be told to open no dialog of its own.
  const chosen = page.waitForEvent('filechooser').then((chooser) => chooser.setFiles(film.path))
  expect(await press('Tab')).toBe('Choose files')
  await press('Enter')
  await chosen
  await button(page, 'Pause keys.mp4').waitFor()
  expect(await press('Tab')).toBe('Pause keys.mp4')
  expect(await outlineOf(page)).toBe('solid')
  await press('Space')
  await button(page, 'Resume keys.mp4').waitFor()
  await network('fast')
  await press('Enter')
  await page.waitForFunction(() => document.title === 'Done · Partway')
  expect(await focused(page)).toBe('Download keys.mp4')
  expect(await press('Shift+Tab')).toBe('Copy key of keys.mp4')
  expect(await press('Shift+Tab')).toBe('Remove from the list: keys.mp4')
  expect(await press('Enter')).toBe('Choose files')
})

test('a file that the server refuses has its reason in the words of the server, and no retry', async () => {
  const { page, errors } = await stage.open()
  await chooseHuge(page, 'huge.tar', 60_000_000_000_000)

  const row = rowOf(page, 'huge.tar')
  await row.getByRole('alert').getByText('60000000000000').waitFor()
  expect(await row.getByRole('button').allTextContents()).not.toContain('Retry')
  expect(await page.title()).toBe('Stopped at 0 % · Partway')
  await button(page, 'Cancel huge.tar').click()
  await row.waitFor({ state: 'detached' })
  expect(errors).toEqual([])
})

test('a file that changes on disk midway is stopped, and the page says what to do', async () => {
  const film = await stage.file('changing.mp4', 40 * MIB)
  const { page, errors, network } = await stage.open()
  await network(SLOW)

  await choose(page, film.path)
  await waitForProgress(page, 'changing.mp4', 0.2)
  await appendFile(film.path, 'one more scene')
  await network('fast')
  await rowOf(page, 'changing.mp4').getByRole('alert').getByText('This file changed').waitFor()
  await page.screenshot({ path: join(SCREENSHOTS, 'changed-light.png') })
  await button(page, 'Cancel changing.mp4').click()
  await rowOf(page, 'changing.mp4').waitFor({ state: 'detached' })
  expect(await unfinished()).not.toContain('changing.mp4')
  expect(errors).toEqual([])
})

test('a file that is chosen twice stands in the list once; chosen again while it is paused, it goes on', async () => {
  const film = await stage.file('twice.mp4', 40 * MIB)
  const { page, network } = await stage.open()
  await network(SLOW)
  await choose(page, film.path)
  await waitForProgress(page, 'twice.mp4', 0.1)
  await choose(page, film.path)
  await page.getByRole('alert').getByText('twice.mp4 is on its way already.').waitFor()
  expect(await page.getByRole('listitem').count()).toBe(1)

  await button(page, 'Pause twice.mp4').click()
  await button(page, 'Resume twice.mp4').waitFor()
  await network('fast')
  await choose(page, film.path)
  await page.waitForFunction(() => document.title === 'Done · Partway')
  expect(await page.getByRole('listitem').count()).toBe(1)
  expect(await page.locator('#notice').textContent()).toBe('')
})

test('a download while another file moves asks nothing and interrupts nothing', async () => {
  const notes = await stage.file('notes.txt', 1000)
  const film = await stage.file('moving.mp4', 40 * MIB)
  const { page, network } = await stage.open()
  const parts = watchParts(page)
  await choose(page, notes.path)
  await button(page, 'Download notes.txt').waitFor()
  await network(SLOW)
  await choose(page, film.path)
  await waitForProgress(page, 'moving.mp4', 0.1)
  const dialogs: string[] = []
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.type())
    return dialog.accept()
  })

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    button(page, 'Download notes.txt').click(),
  ])
  expect(sha256(await readFile(await download.path()))).toBe(notes.sha256)
  await network('fast')
  await page.waitForFunction(() => document.title === 'Done · Partway')
  expect(dialogs).toEqual([])
  expect(parts.sent.filter((part) => part > 0).toSorted()).toEqual([1, 2, 3, 4, 5])
})

test('what another browser began is found by name and size, and its parts are read rather than sent', async () => {
  const film = await stage.file('moved.mp4', 96 * MIB)
  const before = await stage.open()
  await before.network(SLOW)
  const first = watchParts(before.page)
  await choose(before.page, film.path)
  await first.until(3)
  await before.page.close()
  const stored = await storedParts(first)

  const { page, errors } = await stage.open()
  const second = watchParts(page)
  await choose(page, film.path)
  await page.waitForFunction(() => document.title === 'Done · Partway')
  expect(overlap(second.sent, stored)).toEqual([])
  expect(await lineOf(page, 'moved.mp4', '.proof')).toMatch(/^Checksum verified/)
  expect(await stage.sha256Stored(await lineOf(page, 'moved.mp4', '.key'))).toBe(film.sha256)
  expect(errors).toEqual([])
})

test('a file that another tab sends is left to it, and goes on here once that is closed', async () => {
  const film = await stage.file('shared.mp4', 40 * MIB)
  const { page, network } = await stage.open()
  await network(SLOW)
  const first = watchParts(page)
  await choose(page, film.path)
  await first.until(1)
  await network('offline')

  const other = await page.context().newPage()
  await other.goto(stage.apiUrl)
  await choose(other, film.path)
  await rowOf(other, 'shared.mp4').getByRole('alert').getByText('being uploaded in another tab').waitFor()
  await page.close()
  const stored = await storedParts(first)
  const second = watchParts(other)
  await button(other, 'Retry shared.mp4').click()
  await other.waitForFunction(() => document.title === 'Done · Partway')
  expect(overlap(second.sent, stored)).toEqual([])
  expect(await stage.sha256Stored(await lineOf(other, 'shared.mp4', '.key'))).toBe(film.sha256)
})

test('leaving asks first while something moves, and not afterwards', async () => {
  const film = await stage.file('leaving.mp4', 40 * MIB)
  const { page, network } = await stage.open()
  await network(SLOW)
  await choose(page, film.path)
  await waitForProgress(page, 'leaving.mp4', 0.1)
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

async function choose(page: Page, ...paths: string[]): Promise<void> {
  await page.setInputFiles('#files', paths)
}

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

async function waitForProgress(page: Page, name: string, fraction: number): Promise<void> {
  await page.waitForFunction(
    ([name, fraction]) => {
      const bars = [...document.querySelectorAll<HTMLProgressElement>('.upload progress')]
      return bars.some((bar) => bar.ariaLabel === name && bar.value >= fraction)
    },
    [name, fraction] as const,
  )
}

async function storedParts(watch: PartWatch): Promise<number[]> {
  const answer = await stage.api<ListPartsResponse>('GET', watch.listPartsPath())
  return answer.parts.map(({ partNumber }) => partNumber)
}

async function unfinished(): Promise<string[]> {
  const { uploads } = await stage.api<ListUploadsResponse>('GET', '/uploads')
  return uploads.map(({ fileName }) => fileName)
}

function focused(page: Page): Promise<string | null | undefined> {
  return page.evaluate(() => document.activeElement?.ariaLabel ?? document.activeElement?.textContent)
}

function outlineOf(page: Page): Promise<string> {
  return page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle)
}

function overlap(some: readonly number[], others: readonly number[]): number[] {
  return some.filter((number) => others.includes(number))
}
