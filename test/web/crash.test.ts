import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { choose, done, keyOf, storedShown } from './list.ts'
import { openProfile } from './profile.ts'
import { openStage, type Stage } from './stage.ts'

/** Ten parts: four of them are 40 %. */
const FILM_BYTES = 80 * MIB
/** Four parts that are stored, and one in each of the five lanes. */
const SENT_BY_THEN = 9

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
}, 60_000)
afterAll(() => stage?.close())

test('a browser that is killed at 40 % goes on by itself when it is opened again, and sends no held part again', async () => {
  const film = await stage.file('film.mov', FILM_BYTES)
  const before = await openProfile(stage, 'killed')
  const firstParts = stage.watch('film.mov')
  firstParts.hold((part) => part > 4)
  await choose(before.page, film.path)
  await storedShown(before.page, 'film.mov', 4)
  await firstParts.untilSent(SENT_BY_THEN)
  await expect.poll(() => filesKept(before.page)).toBe(1)
  before.kill()

  firstParts.holdNoMore()
  const laterParts = stage.watch('film.mov')
  const after = await openProfile(stage, 'killed')
  await done(after.page)
  expect(laterParts.sent.toSorted((a, b) => a - b)).toEqual([5, 6, 7, 8, 9, 10])
  expect(await stage.sha256Stored(await keyOf(after.page, 'film.mov'))).toBe(film.sha256)
  expect(after.errors).toEqual([])
  await after.close()
})

/** How many files this browser has copied, to read them again after whatever happens to it. */
function filesKept(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const request = indexedDB.open('partway-queue')
        request.onerror = () => reject(request.error)
        request.onsuccess = () => {
          const { result: database } = request
          const count = database.transaction('files').objectStore('files').count()
          count.onsuccess = () => {
            resolve(count.result)
            database.close()
          }
        }
      }),
  )
}
