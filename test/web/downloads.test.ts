import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import {
  bytesIn,
  type DownloadPage,
  openDownloads,
  press,
  replace,
  says,
  sha256Saved,
  statusOf,
  store,
  storedRow,
  written,
} from './download-page.ts'
import { openStage, type Stage, textOf } from './stage.ts'

const MIB = 1024 * 1024
const PART_BYTES = 8 * MIB

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
}, 60_000)
afterAll(() => stage?.close())

async function open(profile: string, init?: string): Promise<DownloadPage> {
  const opened = await openDownloads(stage, profile, init)
  onTestFinished(() => opened.close())
  return opened
}

/** Waits until the row says so many percent. */
async function arrived(page: DownloadPage['page'], name: string, percent: number): Promise<void> {
  await page.waitForFunction(
    ([name, percent]) => {
      const root = document.querySelector('partway-upload')?.shadowRoot
      const rows = [...(root?.querySelectorAll('.download') ?? [])]
      const row = rows.find((row) => row.querySelector('.name')?.textContent === name)
      return Number.parseInt(row?.querySelector('.amount')?.textContent ?? '', 10) >= percent
    },
    [name, percent] as const,
  )
}

test('a download that is paused goes on after a reload, asks for nothing a second time, and is what was stored', async () => {
  const film = await stage.file('paused.mov', 200 * MIB)
  await store(stage, film)
  const { page, ranges, hold, release } = await open('paused')
  await storedRow(page, film.name).waitFor()
  hold(12)
  await press(page, film.name, 'Download')
  // All that was let through.
  await arrived(page, film.name, 48)
  await press(page, film.name, 'Pause')
  await says(page, film.name, /^Paused$/)
  await page.reload()
  await says(page, film.name, /^Unfinished: \d+(\.\d+)? MB of 210 MB are in paused.mov$/)
  ranges.length = 0
  release()
  await press(page, film.name, 'Resume')
  await says(page, film.name, /^Downloaded, checksum verified/)
  expect(bytesIn(ranges)).toBe(200 * MIB - 12 * PART_BYTES)
  expect(await sha256Saved(page, film.name)).toBe(film.sha256)
  expect(await textOf(storedRow(page, film.name).locator('.checksum'))).toMatch(
    /^CRC32 \S{8}$|^CRC64NVME \S{12}$/,
  )
  expect(await statusOf(page, film.name)).toMatch(/ · 210 MB · /)
}, 90_000)

test('a browser killed midway has what the last checkpoint saved, and goes on there', async () => {
  const film = await stage.file('killed.mov', 200 * MIB)
  await store(stage, film)
  const before = await open('killed')
  before.hold(20)
  await press(before.page, film.name, 'Download')
  await arrived(before.page, film.name, 80)
  before.kill()

  const { page, ranges } = await open('killed')
  await says(page, film.name, /^Unfinished: /)
  await press(page, film.name, 'Resume')
  await says(page, film.name, /^Downloaded, checksum verified/)
  // The first checkpoint comes with 64 MiB.
  expect(bytesIn(ranges)).toBeLessThanOrEqual(136 * MIB)
  expect(await sha256Saved(page, film.name)).toBe(film.sha256)
}, 90_000)

test('a page reloaded midway, without a pause, has saved what had arrived', async () => {
  const film = await stage.file('reloaded.mov', 96 * MIB)
  await store(stage, film)
  const { page, ranges, hold, release } = await open('reloaded')
  hold(5)
  await press(page, film.name, 'Download')
  await arrived(page, film.name, 41)
  await written(page)
  page.on('dialog', (dialog) => dialog.accept())
  await page.reload()
  await says(page, film.name, /^Unfinished: /)
  ranges.length = 0
  release()
  await press(page, film.name, 'Resume')
  await says(page, film.name, /^Downloaded, checksum verified/)
  expect(bytesIn(ranges)).toBe(7 * PART_BYTES)
  expect(await sha256Saved(page, film.name)).toBe(film.sha256)
}, 60_000)

test('a file that was written to since is read again, and is received anew where it is not what it was', async () => {
  const film = await stage.file('edited.mov', 48 * MIB)
  await store(stage, film)
  const { page, ranges, hold, release } = await open('edited')
  hold(3)
  await press(page, film.name, 'Download')
  await arrived(page, film.name, 50)
  await press(page, film.name, 'Pause')
  await says(page, film.name, /^Paused$/)
  await page.evaluate(async (name) => {
    const root = await navigator.storage.getDirectory()
    const writable = await (await root.getFileHandle(name)).createWritable({ keepExistingData: true })
    await writable.write({ type: 'write', position: 1000, data: 'somebody else was here' })
    await writable.close()
  }, film.name)
  ranges.length = 0
  release()
  await press(page, film.name, 'Resume')
  await says(page, film.name, /^Downloaded, checksum verified/)
  expect(await textOf(storedRow(page, film.name).locator('.note'))).toBe(
    'Begun anew: what is there is not what the store holds.',
  )
  expect(bytesIn(ranges)).toBeGreaterThanOrEqual(48 * MIB)
  expect(await sha256Saved(page, film.name)).toBe(film.sha256)
}, 60_000)

test('an object that was replaced meanwhile is received anew, and the row says so', async () => {
  const [old, fresh] = [await stage.file('replaced.mov', 48 * MIB), await stage.file('fresh.mov', 48 * MIB)]
  const key = await store(stage, old)
  const { page, hold, release } = await open('replaced')
  hold(3)
  await press(page, old.name, 'Download')
  await arrived(page, old.name, 50)
  await press(page, old.name, 'Pause')
  await says(page, old.name, /^Paused$/)
  await replace(stage, key, fresh)
  release()
  await press(page, old.name, 'Resume')
  await says(page, old.name, /^Downloaded, checksum verified/)
  expect(await textOf(storedRow(page, old.name).locator('.note'))).toBe(
    'Begun anew: the object has changed since.',
  )
  expect(await sha256Saved(page, old.name)).toBe(fresh.sha256)
}, 60_000)

test('a disk without space says so, keeps what was saved, and goes on once there is some', async () => {
  const film = await stage.file('large.mov', 64 * MIB)
  await store(stage, film)
  const { page, hold, release } = await open('large')
  const session = await page.context().newCDPSession(page)
  const quota = (quotaSize: number) =>
    session.send('Storage.overrideQuotaForOrigin', { origin: new URL(stage.apiUrl).origin, quotaSize })
  hold(3)
  await press(page, film.name, 'Download')
  await arrived(page, film.name, 37)
  await press(page, film.name, 'Pause')
  await says(page, film.name, /^Paused$/)
  await quota(60 * MIB)
  release()
  await press(page, film.name, 'Resume')
  await storedRow(page, film.name)
    .getByText(/^There is not enough space/)
    .waitFor()
  await quota(1024 * MIB)
  await press(page, film.name, 'Resume')
  await says(page, film.name, /^Downloaded, checksum verified/)
  expect(await sha256Saved(page, film.name)).toBe(film.sha256)
}, 60_000)

test('a download that is cancelled leaves no file behind', async () => {
  const film = await stage.file('cancelled.mov', 48 * MIB)
  await store(stage, film)
  const { page, hold } = await open('cancelled')
  hold(3)
  await press(page, film.name, 'Download')
  await arrived(page, film.name, 50)
  await press(page, film.name, 'Cancel')
  await page.getByRole('button', { name: 'Cancel download', exact: true }).click()
  await says(page, film.name, /^50.3 MB · stored /)
  expect(await sha256Saved(page, film.name)).toBeUndefined()
  await page.reload()
  await says(page, film.name, /^50.3 MB · stored /)
}, 60_000)

test('where a page cannot write files, the browser saves them itself', async () => {
  const film = await stage.file('handed-over.mov', MIB)
  await store(stage, film)
  const { page } = await open('handed-over', 'delete window.showSaveFilePicker')
  const saved = page.waitForEvent('download')
  await press(page, film.name, 'Download')
  expect((await saved).suggestedFilename()).toBe(film.name)
  await says(page, film.name, /^Your browser saves it/)
})
