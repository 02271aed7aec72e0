import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { MIB } from '../../protocol/limits.ts'
import { choose, keyOf } from '../web/list.ts'
import { openStage, openTab, rowOf, type Stage } from '../web/stage.ts'
import { type StaticSite, serveFolder } from '../web/static-site.ts'

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

test('the files of dist/element on a web server, and one script tag, are a page that uploads', async () => {
  const film = await stage.file('film.mp4', 20 * MIB)
  await cp(join(inject('project'), 'node_modules/partway/dist/element'), folder, { recursive: true })
  await writeFile(
    join(folder, 'index.html'),
    `<script type="module" src="partway-upload.js"></script>
<partway-upload endpoint="${stage.apiUrl}"></partway-upload>`,
  )
  const { page, errors } = await openTab(await stage.browser.newPage(), site.origin)
  await choose(page, film.path)
  await rowOf(page, 'film.mp4').getByText('Uploaded, checksum verified').waitFor()
  expect(await stage.sha256Stored(await keyOf(page, 'film.mp4'))).toBe(film.sha256)
  expect(errors).toEqual([])
})
