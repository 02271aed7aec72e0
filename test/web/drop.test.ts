import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { done, keyOf } from './list.ts'
import { rowsOf, SCREENSHOTS, textOf } from './stage.ts'
import { dragFrom } from './trusted-drop.ts'
import { useStage } from './use-stage.ts'

const stage = useStage()

test('files dragged over the page are told where to go, anywhere, and taken', async () => {
  const film = await stage.file('dropped.mp4', 1 * MIB)
  const { page, errors } = await stage.open()
  const drag = await dragFrom(page, [film.path])
  const overlay = page.getByText('Drop to upload')
  await drag.enter()
  await overlay.waitFor()
  await page.screenshot({ path: join(SCREENSHOTS, 'drop-light.png') })
  await drag.leave()
  await overlay.waitFor({ state: 'hidden' })

  await drag.drop()
  await overlay.waitFor({ state: 'hidden' })
  await done(page)
  expect(await names(page)).toEqual(['dropped.mp4'])
  expect(await stage.sha256Stored(await keyOf(page, 'dropped.mp4'))).toBe(film.sha256)
  expect(errors).toEqual([])
})

test('a folder is taken with what is in it and below, by its names from wherever they are', async () => {
  const files = [
    await stage.file('Holiday in Lisbon/Day one.jpg', 40_000),
    await stage.file('Holiday in Lisbon/raw/Zoë – 電影 (1).mov', 20 * MIB),
    await stage.file('Holiday in Lisbon/raw/deeper/nothing.txt', 0),
  ]
  const apart = await stage.file('apart.txt', 10)
  await mkdir(join(stage.folder, 'Holiday in Lisbon/empty'))
  const { page, errors } = await stage.open()
  await (await dragFrom(page, [join(stage.folder, 'Holiday in Lisbon'), apart.path])).drop()

  await page.getByRole('alert').getByText('1 folder had no files.').waitFor()
  await done(page)
  expect(new Set(await names(page))).toEqual(new Set([...files, apart].map(({ name }) => name)))
  for (const { name, sha256 } of [...files, apart]) {
    expect(await stage.sha256Stored(await keyOf(page, name)), name).toBe(sha256)
  }
  expect(errors).toEqual([])
})

test('a folder that is chosen is taken as one that is dropped', async () => {
  const one = await stage.file('Chosen folder/Ünïcödé.txt', 12_345)
  const two = await stage.file('Chosen folder/sub folder/two.txt', 1)
  const { page } = await stage.open()
  await page.setInputFiles('#folder', join(stage.folder, 'Chosen folder'))
  await done(page)
  expect(new Set(await names(page))).toEqual(new Set([one.name, two.name]))
  expect(await stage.sha256Stored(await keyOf(page, one.name))).toBe(one.sha256)
})

async function names(page: Page): Promise<string[]> {
  return Promise.all((await rowsOf(page).locator('.name').all()).map(textOf))
}
