import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { GIB, MIB } from '../../protocol/limits.ts'
import { choose, detailsOf, done } from '../web/list.ts'
import { openStage, type Stage, textOf } from '../web/stage.ts'
import { inMebibytes, peakMemory } from './memory.ts'
import { sparseFile } from './sparse-file.ts'

const SIZE = 4 * GIB
const MOST = 300 * MIB

let stage: Stage

beforeAll(async () => {
  stage = await openStage({ dropPartBytes: true })
}, 60_000)
afterAll(() => stage?.close())

test('the page sends 4 GiB in less than 300 MiB of memory, its worker included', async () => {
  const path = await sparseFile(SIZE)
  const { page, errors } = await stage.open()
  await choose(page, path)
  await done(page, 500_000)

  expect(await textOf((await detailsOf(page, 'film.mov')).locator('.proof'))).toMatch(/^Checksum verified/)
  expect(errors).toEqual([])
  const peaks = await peaksByType(stage.browser)
  const printed = peaks.map(({ type, peak }) => `${type} ${inMebibytes(peak)}`).join(', ')
  console.log(`4 GiB from a page; the most memory of each process of its browser: ${printed}`)
  const pages = peaks.filter(({ type }) => type === 'renderer')
  expect(pages.length).toBeGreaterThan(0)
  for (const { peak } of pages) expect(peak).toBeLessThan(MOST)
})

/** Workers are threads of their page's renderer. */
async function peaksByType(browser: Browser): Promise<{ type: string; peak: number }[]> {
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  return Promise.all(
    processInfo.map(async ({ id, type }) => ({ type, peak: await peakMemory(`/proc/${id}/status`) })),
  )
}
