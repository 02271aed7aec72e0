import type { ElementHandle } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { type FirefoxStage, openFirefoxStage } from './stage.ts'

/** Ten parts: four of them are 40 %. */
const FILM_BYTES = 80 * MIB
const LATER_PARTS = [5, 6, 7, 8, 9, 10]
/** Four parts that are stored, and one in each of the five lanes. */
const SENT_BY_THEN = 9

let stage: FirefoxStage
beforeAll(async () => {
  stage = await openFirefoxStage()
}, 60_000)
afterAll(() => stage?.close())
afterEach(async () => {
  await stage.closeTabs()
  await stage.dropUnfinished()
})

test('a file in parts arrives whole, and the page shows what was verified', async () => {
  const film = await stage.file('film.mp4', FILM_BYTES)
  const { errors, ...tab } = await stage.open()
  await tab.choose(film.path)
  await tab.title(/^Done · Partway$/)
  expect(await tab.text('.status', /Uploaded/)).toMatch(/^Uploaded, checksum verified · 83\.9 MB in 10 parts/)
  expect(await tab.text('.proof', /./)).toMatch(/^Checksum verified/)
  expect(await tab.text('.checksum', /./)).toMatch(/^CRC64NVME /)
  expect(await stage.sha256Stored(await tab.text('.key', /./))).toBe(film.sha256)
  expect(errors).toEqual([])
})

test('paused and resumed, an upload sends nothing twice', async () => {
  const film = await stage.file('paused.mp4', FILM_BYTES)
  const tab = await stage.open()
  const parts = stage.watch('paused.mp4')
  parts.hold((part) => part > 4)
  await tab.choose(film.path)
  await tab.details('paused.mp4')
  await tab.text('.legend', /4 stored/)
  await parts.untilSent(SENT_BY_THEN)
  await tab.click('Pause paused.mp4')
  await tab.title(/^Paused at \d+ % · Partway$/)
  parts.holdNoMore()
  const after = stage.watch('paused.mp4')
  await tab.click('Resume paused.mp4')
  await tab.title(/^Done · Partway$/)
  expect(after.sent.toSorted(byNumber)).toEqual(LATER_PARTS)
  expect(await stage.sha256Stored(await tab.text('.key', /./))).toBe(film.sha256)
})

test('reloaded at 40 %, an upload goes on by itself, and no part that the store has is sent again', async () => {
  const film = await stage.file('reloaded.mp4', FILM_BYTES)
  const { errors, ...tab } = await stage.open()
  const before = stage.watch('reloaded.mp4')
  before.hold((part) => part > 4)
  await tab.choose(film.path)
  await tab.details('reloaded.mp4')
  await tab.text('.legend', /4 stored/)
  await before.untilSent(SENT_BY_THEN)
  const after = stage.watch('reloaded.mp4')
  before.holdNoMore()
  await tab.page.reload()
  await tab.title(/^Done · Partway$/)
  expect(after.sent.toSorted(byNumber)).toEqual(LATER_PARTS)
  await tab.details('reloaded.mp4')
  expect(await stage.sha256Stored(await tab.text('.key', /./))).toBe(film.sha256)
  expect(errors).toEqual([])
})

test('without a network a banner says so, and the upload goes on by itself', async () => {
  const film = await stage.file('offline.mp4', FILM_BYTES)
  const tab = await stage.open()
  const parts = stage.watch('offline.mp4')
  parts.hold((part) => part > 4)
  await tab.choose(film.path)
  await tab.details('offline.mp4')
  await tab.text('.legend', /4 stored/)
  await tab.page.setOfflineMode(true)
  await tab.text('#offline', /^You are offline/)
  await tab.title(/^Waiting at \d+ % · Partway$/)
  parts.holdNoMore()
  const after = stage.watch('offline.mp4')
  await tab.page.setOfflineMode(false)
  await tab.title(/^Done · Partway$/)
  expect(after.sent.filter((part) => part <= 4)).toEqual([])
  expect(await stage.sha256Stored(await tab.text('.key', /./))).toBe(film.sha256)
})

test('cancelled, an upload is dropped by the server', async () => {
  const film = await stage.file('cancelled.mp4', FILM_BYTES)
  const tab = await stage.open()
  const parts = stage.watch('cancelled.mp4')
  parts.hold((part) => part > 4)
  await tab.choose(film.path)
  await tab.details('cancelled.mp4')
  await tab.text('.legend', /4 stored/)
  await tab.click('Cancel cancelled.mp4')
  await tab.click('Cancel upload')
  await tab.title(/^Partway$/)
  expect(await stage.unfinished()).toEqual([])
})

test('of two tabs, the second shows what the first sends, and goes on when that is closed', async () => {
  const film = await stage.file('shared.mp4', FILM_BYTES)
  const first = await stage.open()
  const before = stage.watch('shared.mp4')
  before.hold((part) => part > 4)
  await first.choose(film.path)
  const second = await stage.openBeside(first)
  await second.details('shared.mp4')
  await second.text('.legend', /4 stored/)
  await before.untilSent(SENT_BY_THEN)
  const after = stage.watch('shared.mp4')
  before.holdNoMore()
  await first.page.close()
  await second.title(/^Done · Partway$/)
  expect(after.sent.toSorted(byNumber)).toEqual(LATER_PARTS)
  expect(await stage.sha256Stored(await second.text('.key', /./))).toBe(film.sha256)
})

test('the files of a chosen folder keep the names of their folders', async () => {
  const small = await stage.file('Ünïcödé (1).txt', 12_345)
  const { page, ...tab } = await stage.open()
  // No protocol fills this browser's own dialog of folders: what it would give is made of a file.
  const input = await page.waitForSelector('>>> #files')
  await (input as ElementHandle<HTMLInputElement>).evaluate((input) => {
    input.addEventListener(
      'change',
      (event) => {
        event.stopImmediatePropagation()
        for (const file of input.files ?? [])
          Object.defineProperty(file, 'webkitRelativePath', { value: `Holiday/sub folder/${file.name}` })
        const folder = (input.getRootNode() as ShadowRoot).querySelector('#folder') as HTMLInputElement
        Object.defineProperty(folder, 'files', { value: [...(input.files ?? [])] })
        folder.dispatchEvent(new Event('change'))
      },
      { capture: true, once: true },
    )
  })
  await tab.choose(small.path)
  await tab.title(/^Done · Partway$/)
  expect(await tab.text('.name', /./)).toBe('Holiday/sub folder/Ünïcödé (1).txt')
  expect(await stage.sha256Stored(await tab.text('.key', /./))).toBe(small.sha256)
})

function byNumber(a: number, b: number): number {
  return a - b
}
