import { createCipheriv, createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { choose, detailsOf, done, keyOf, overlap, storedShown, titled } from '../web/list.ts'
import { openProfile } from '../web/profile.ts'
import { button, lineOf, openStage, rowOf, type Stage } from '../web/stage.ts'
import { dragFrom } from '../web/trusted-drop.ts'

const SIZE = 2048 * MIB
const PARTS = 256
const FIFTH = Math.floor(PARTS / 5)
const OFFLINE_MS = 10_000
const PATIENCE_MS = 300_000

let stage: Stage
let path: string
let sha256: string

beforeAll(async () => {
  stage = await openStage()
  path = join(stage.folder, 'film.mov')
  sha256 = await writeNoise(path, SIZE)
}, 120_000)
afterAll(() => stage?.close())
afterEach(async () => {
  await Promise.all(stage.browser.contexts().map((context) => context.close()))
  await stage.dropUnfinished()
})

test('2 GiB, dropped, paused, reloaded at 40 % and 10 s without a network: what arrived is not sent again, and all of it is the same', async () => {
  const { page, network, errors } = await stage.open()
  const begun = performance.now()
  const parts = stage.watch('film.mov')
  /** Parts that the store had, and that were sent again. */
  const again: number[] = []
  const leg = async (upTo: number, act: () => Promise<unknown>) => {
    const [had, sent] = [parts.stored.slice(), parts.sent.length]
    parts.hold((part) => part > upTo)
    await act()
    await storedShown(page, 'film.mov', upTo, PATIENCE_MS)
    again.push(...overlap(parts.sent.slice(sent), had))
  }

  await leg(FIFTH, async () => (await dragFrom(page, [path])).drop())
  await button(page, 'Pause film.mov').click()
  await button(page, 'Resume film.mov').waitFor()
  await leg(2 * FIFTH, () => button(page, 'Resume film.mov').click())
  await leg(3 * FIFTH, () => page.reload())
  await network('offline')
  // The browser leaves alone what is under way, as no lost network does.
  parts.cut()
  await page.getByText(/^You are offline/).waitFor()
  await titled(page, /Waiting at \d+ %/)
  await setTimeout(OFFLINE_MS)
  await leg(PARTS, () => network('fast'))
  await page.getByText(/^You are offline/).waitFor({ state: 'hidden' })
  await done(page, PATIENCE_MS)
  console.log(`2 GiB with all that in ${((performance.now() - begun) / 1000).toFixed(1)} s`)

  expect(again).toEqual([])
  expect(new Set(parts.stored).size).toBe(PARTS)
  expect(await lineOf(page, 'film.mov', '.status')).toContain('2.15 GB in 256 parts')
  expect(await stage.sha256Stored(await keyOf(page, 'film.mov'))).toBe(sha256)
  expect(errors).toEqual([])
})

test('2 GiB in a browser that is killed at 40 %: the next one goes on once the file is chosen again', async () => {
  const before = await openProfile(stage, '2gib')
  const firstParts = stage.watch('film.mov')
  firstParts.hold((part) => part > 2 * FIFTH)
  await choose(before.page, path)
  await firstParts.untilStored(2 * FIFTH)
  before.kill()
  firstParts.holdNoMore()

  const laterParts = stage.watch('film.mov')
  const { page, errors, close } = await openProfile(stage, '2gib')
  await page.getByText(/^1 upload unfinished/).waitFor()
  await rowOf(page, 'film.mov')
    .getByText(/choose the file again/)
    .waitFor()
  await choose(page, path)
  await done(page, PATIENCE_MS)
  expect(overlap(laterParts.sent, firstParts.stored.slice(0, 2 * FIFTH))).toEqual([])
  await (await detailsOf(page, 'film.mov')).getByText(/^256 stored$/).waitFor()
  expect(await stage.sha256Stored(await keyOf(page, 'film.mov'))).toBe(sha256)
  expect(errors).toEqual([])
  await close()
})

/** AES in counter mode over zeros: as good as random, at a gigabyte a second. @returns its SHA-256 */
async function writeNoise(path: string, bytes: number): Promise<string> {
  const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16))
  const hash = createHash('sha256')
  const zeros = Buffer.alloc(4 * MIB)
  const file = await open(path, 'w')
  try {
    for (let written = 0; written < bytes; written += zeros.length) {
      const block = noise.update(zeros)
      hash.update(block)
      await file.write(block)
    }
  } finally {
    await file.close()
  }
  return hash.digest('hex')
}
