import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { Request } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PartwayUpload } from '../../element/partway-upload.ts'
import { MIB } from '../../protocol/limits.ts'
import { choose } from './list.ts'
import { button, openStage, openTab, type Stage, type Tab, textOf } from './stage.ts'
import { type StaticSite, serveFolder } from './static-site.ts'

const EXAMPLES = join(import.meta.dirname, '../../examples')
const SLOW = 16 * MIB

let folder: string
let site: StaticSite
let stage: Stage

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'partway-examples-'))
  await Promise.all([example('vanilla', 'main.js'), example('react', 'main.tsx'), example('uppy', 'main.ts')])
  site = await serveFolder(folder)
  stage = await openStage({ origins: [site.origin] })
}, 60_000)
afterAll(async () => {
  await stage?.close()
  await site?.close()
  await rm(folder, { recursive: true })
})

test('the vanilla example hears what the element sent, and sends by itself', async () => {
  const film = await stage.file('film.mp4', 9 * MIB)
  const other = await stage.file('other.mov', 9 * MIB)
  const { page, errors } = await open('vanilla')

  await choose(page, film.path)
  expect(await sha256Named(await textOf(page.locator('#sent li')))).toEqual(['film.mp4', film.sha256])

  await page.setInputFiles('[name=film]', other.path)
  await button(page, 'Send').click()
  const sentence = page.locator('#sentence')
  await sentence.getByText('other.mov is uploads/').waitFor()
  expect(await sha256Named(await textOf(sentence))).toEqual(['other.mov', other.sha256])
  expect(await page.getByLabel('Sent').evaluate((bar: HTMLProgressElement) => bar.value)).toBe(1)
  expect(errors).toEqual([])
})

test('the React example sets the properties of the element, and hears what it sent', async () => {
  const film = await stage.file('film.mp4', 9 * MIB)
  const { page, errors } = await open('react')
  const element = page.locator('partway-upload')
  expect(await element.evaluate((uploads: PartwayUpload) => typeof uploads.token)).toBe('function')
  await choose(page, film.path)
  const line = page.getByRole('list', { name: 'Sent' }).getByRole('listitem')
  expect(await sha256Named(await textOf(line))).toEqual(['film.mp4', film.sha256])
  expect(errors).toEqual([])
})

test('the React example shows each upload of its hooks once, pauses it, goes on, and cancels', async () => {
  const film = await stage.file('film.mp4', 40 * MIB)
  const { page, network, errors } = await open('react')
  const begun: string[] = []
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url() === `${stage.apiUrl}/uploads`) begun.push(request.url())
  })
  await network(SLOW)

  const input = page.getByLabel('Films to send')
  await input.setInputFiles(film.path)
  await button(page, 'Pause film.mp4').click()
  await page.getByText('film.mp4: paused').waitFor()
  const bar = page.getByRole('progressbar', { name: 'film.mp4' })
  expect(await bar.evaluate(({ value }: HTMLProgressElement) => value)).toBeLessThan(1)
  await network('fast')
  await button(page, 'Resume film.mp4').click()
  await page.getByText('film.mp4: done').waitFor()
  expect(await stage.sha256Stored(await textOf(page.locator('code')))).toBe(film.sha256)
  expect(begun).toHaveLength(1)

  await network(SLOW)
  await input.setInputFiles(film.path)
  await button(page, 'Cancel film.mp4').click()
  await button(page, 'Cancel film.mp4').waitFor({ state: 'detached' })
  expect(await page.getByRole('list', { name: 'Films' }).getByRole('listitem').count()).toBe(1)
  expect(errors).toEqual([])
})

test('an Uppy sends by Partway what it is given, pauses it, goes on, and cancels', async () => {
  const film = await stage.file('film.mp4', 20 * MIB)
  const { page, errors } = await open('uppy')
  const isPart = (request: Request) => request.method() === 'PUT'
  const input = page.getByLabel('Films')
  // Parts are under way for as long as nobody lets them go on.
  const hold = () =>
    page.route(
      (url) => url.searchParams.has('partNumber'),
      () => {},
    )

  await hold()
  await Promise.all([page.waitForRequest(isPart), input.setInputFiles(film.path)])
  await Promise.all([page.waitForEvent('requestfailed', isPart), button(page, 'Pause').click()])
  await page.unrouteAll()
  await button(page, 'Resume').click()
  expect(await sha256Named(await textOf(page.locator('#sent li')))).toEqual(['film.mp4', film.sha256])

  const other = await stage.file('other.mp4', 20 * MIB)
  await hold()
  await Promise.all([page.waitForRequest(isPart), input.setInputFiles(other.path)])
  const aborts = page.waitForResponse((answer) => answer.request().method() === 'DELETE')
  await button(page, 'Cancel').click()
  expect((await aborts).status()).toBe(204)
  expect(errors).toEqual([])
})

/** Builds an example as its README says. */
async function example(name: string, main: string): Promise<void> {
  const source = join(EXAMPLES, name)
  await build({
    absWorkingDir: source,
    entryPoints: [main],
    outdir: join(folder, name, 'out'),
    bundle: true,
    splitting: true,
    format: 'esm',
    logLevel: 'silent',
  })
  await cp(join(source, 'index.html'), join(folder, name, 'index.html'))
}

async function open(name: string): Promise<Tab> {
  const address = `${site.origin}/${name}/?${new URLSearchParams({ api: stage.apiUrl })}`
  return openTab(await stage.browser.newPage(), address)
}

/** @param line `film.mp4 is KEY` */
async function sha256Named(line: string): Promise<string[]> {
  const [name = '', key = ''] = line.split(' is ')
  return [name, await stage.sha256Stored(key)]
}
