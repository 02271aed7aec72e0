import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { choose, keyOf } from './list.ts'
import { openStage, openTab, rowOf, SCREENSHOTS, type Stage } from './stage.ts'
import { type StaticSite, serveFolder } from './static-site.ts'

/** Somebody's page on another origin, which has one script tag, the element, and nothing else. */

let folder: string
let site: StaticSite
let stage: Stage

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'partway-site-'))
  site = await serveFolder(folder)
  stage = await openStage({ origins: [site.origin] })
}, 60_000)
afterAll(async () => {
  await stage?.close()
  await site?.close()
  await rm(folder, { recursive: true })
})

test('two tags are a page that uploads', async () => {
  const film = await stage.file('film.mp4', 20 * MIB)
  await writeFile(
    join(folder, 'index.html'),
    `<script type="module" src="${stage.apiUrl}/assets/partway-upload.js"></script>
<partway-upload endpoint="${stage.apiUrl}"></partway-upload>`,
  )
  const { page, errors } = await openTab(await stage.browser.newPage(), site.origin)
  await choose(page, film.path)
  await rowOf(page, 'film.mp4').getByText('Uploaded, checksum verified').waitFor()
  await page.screenshot({ path: join(SCREENSHOTS, 'script-tag.png'), fullPage: true })
  expect(await stage.sha256Stored(await keyOf(page, 'film.mp4'))).toBe(film.sha256)
  expect(errors).toEqual([])
})
