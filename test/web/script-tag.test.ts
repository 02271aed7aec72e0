import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { LocalAwsOptions } from '../../local/aws.ts'
import { MIB } from '../../protocol/limits.ts'
import { routes } from '../../protocol/routes.ts'
import { ask } from '../api/local-aws.ts'
import { signInAs } from '../api/oidc.ts'
import { choose, keyOf } from './list.ts'
import { openStage, openTab, rowOf, SCREENSHOTS, type Stage } from './stage.ts'
import { type StaticSite, serveFolder } from './static-site.ts'

/** Somebody's page on another origin, which has nothing but the element. */

// Each starts a browser and a local AWS of its own.
vi.setConfig({ testTimeout: 60_000 })

let folder: string
let site: StaticSite
let stage: Stage | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'partway-site-'))
  site = await serveFolder(folder)
})
afterEach(async () => {
  await stage?.close()
  await site.close()
  await rm(folder, { recursive: true })
})

test('two tags are a page that uploads', async () => {
  const { apiUrl, browser, file, sha256Stored } = await open({})
  const film = await file('film.mp4', 20 * MIB)
  await page(`<partway-upload endpoint="${apiUrl}"></partway-upload>
<script type="module" src="${apiUrl}/assets/partway-upload.js"></script>`)
  const tab = await openTab(await browser.newPage(), site.origin)
  await choose(tab.page, film.path)
  await rowOf(tab.page, 'film.mp4').getByText('Uploaded, checksum verified').waitFor()
  await tab.page.screenshot({ path: join(SCREENSHOTS, 'script-tag.png'), fullPage: true })
  expect(await sha256Stored(await keyOf(tab.page, 'film.mp4'))).toBe(film.sha256)
  expect(tab.errors).toEqual([])
})

test('the three lines of README.md upload as whoever is signed in', async () => {
  const { apiUrl, browser, file, issuerUrl } = await open({ auth: 'jwt' })
  const film = await file('film.mp4', 20 * MIB)
  const token = await signInAs(issuerUrl, apiUrl, 'Anna')
  const lines = (await htmlBlock('## Use it from a front end')).replaceAll('http://localhost:8080', apiUrl)
  expect(lines.match(/\n/g)).toHaveLength(3)
  await page(`<script>sessionStorage.token = '${token}'</script>\n${lines}`)
  const tab = await openTab(await browser.newPage(), site.origin)
  const refusals: string[] = []
  tab.page.on('response', (answer) => answer.status() === 401 && refusals.push(answer.url()))
  await choose(tab.page, film.path)
  await rowOf(tab.page, 'film.mp4').getByText('Uploaded, checksum verified').waitFor()
  const { objects } = await ask(apiUrl, routes['list-objects'], { token })
  expect(objects.map(({ key }) => key)).toEqual([await keyOf(tab.page, 'film.mp4')])
  expect(refusals).toEqual([])
  expect(tab.errors).toEqual([])
})

/** The first block of HTML below a heading of the README. */
async function htmlBlock(heading: string): Promise<string> {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8')
  const block = readme.split(`${heading}\n`)[1]?.match(/```html\n(.*?)```/s)?.[1]
  if (!block) throw new Error(`Expected a block of HTML below "${heading}" in README.md.`)
  return block
}

async function open(options: Partial<LocalAwsOptions>): Promise<Stage> {
  stage = await openStage({ origins: [site.origin], ...options })
  return stage
}

async function page(html: string): Promise<void> {
  await writeFile(join(folder, 'index.html'), html)
}
