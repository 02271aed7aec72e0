import { expect, test } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { choose, done, keyOf, overlap, storedShown, titled } from './list.ts'
import { button, lineOf, rowOf, textOf } from './stage.ts'
import { useStage } from './use-stage.ts'

const FILM_BYTES = 80 * MIB

const stage = useStage()

test('without a network a banner says so, and goes away by itself; what had arrived is not sent again', async () => {
  const film = await stage.file('offline.mp4', FILM_BYTES)
  const { page, network } = await stage.open()
  const parts = stage.watch('offline.mp4')
  parts.hold((part) => part > 4)
  await choose(page, film.path)
  await storedShown(page, 'offline.mp4', 4)

  const banner = page.getByText(/^You are offline/)
  expect(await banner.isVisible()).toBe(false)
  await network('offline')
  // The browser leaves alone what is under way, as no lost network does.
  parts.cut()
  await banner.waitFor()
  await rowOf(page, 'offline.mp4').getByText('Waiting for the network; goes on by itself').waitFor()
  await titled(page, /Waiting at \d+ %/)
  const before = parts.stored.slice()
  const after = stage.watch('offline.mp4')
  await network('fast')
  await done(page)
  expect(await banner.isVisible()).toBe(false)
  expect(overlap(after.sent, before)).toEqual([])
  expect(await stage.sha256Stored(await keyOf(page, 'offline.mp4'))).toBe(film.sha256)
})

test('a file that is chosen without a network waits for it', async () => {
  const film = await stage.file('patient.mp4', 20 * MIB)
  const { page, network } = await stage.open()
  // What the page loads once it is drawn is there by then.
  await page.waitForLoadState('networkidle')
  await network('offline')
  await choose(page, film.path)
  await rowOf(page, 'patient.mp4').getByText('Waiting for the network; goes on by itself').waitFor()
  await network('fast')
  await done(page)
  expect(await stage.sha256Stored(await keyOf(page, 'patient.mp4'))).toBe(film.sha256)
})

test('what found no server goes on by Retry', async () => {
  const film = await stage.file('retried.mp4', 40 * MIB)
  const { page } = await stage.open()
  await page.route(`${stage.apiUrl}/uploads**`, (route) => route.abort('connectionrefused'))
  await choose(page, film.path)
  await button(page, 'Retry retried.mp4').waitFor()
  expect(await lineOf(page, 'retried.mp4', '.status')).toBe('Stopped for now')
  expect(await textOf(rowOf(page, 'retried.mp4').getByRole('alert'))).not.toBe('')
  await titled(page, /Stopped at 0 %/)

  await page.unroute(`${stage.apiUrl}/uploads**`)
  await button(page, 'Retry retried.mp4').click()
  await done(page)
  expect(await textOf(rowOf(page, 'retried.mp4').locator('.problem'))).toBe('')
  expect(await stage.sha256Stored(await keyOf(page, 'retried.mp4'))).toBe(film.sha256)
})
