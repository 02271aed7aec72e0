import { join } from 'node:path'
import { build } from 'esbuild'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClient, openFile } from '../../client/node/index.ts'
import { MIB } from '../../protocol/limits.ts'
import { openDesk } from '../cli/command.ts'
import { choose, storedShown } from './list.ts'
import { openStage, type Stage, watchParts } from './stage.ts'

const PARTS = 8
const PART_BYTES = 8 * MIB

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
}, 60_000)
afterAll(() => stage?.close())

interface Ended {
  key: string
  verified: string
  algorithm: string | undefined
  resumedParts: number
}

declare global {
  interface Window {
    /** Sends the chosen file, and goes on with whichever upload of it is unfinished. */
    goOn(): Promise<Ended>
  }
}

test('what Node began and was killed at, a browser that never heard of it ends, with the checksum of Node', async () => {
  const film = await stage.file('from-node.mov', PARTS * PART_BYTES)
  const desk = await openDesk()
  const killed = await desk.run(['upload', film.path, '--api', stage.apiUrl, '--concurrency', '2'], {
    KILL_AFTER: '3',
  })
  expect(killed.code).toBeUndefined()
  const held = await unfinished('from-node.mov')

  const page = await openClientPage()
  const watch = watchParts(page)
  await page.setInputFiles('input', film.path)
  const { resumedParts, ...ended } = await page.evaluate(() => window.goOn())
  expect(ended).toEqual({ key: held.key, verified: 'checksum', algorithm: 'CRC32' })
  // What was under way at the kill may have arrived since.
  expect(resumedParts).toBeGreaterThanOrEqual(held.parts)
  expect(watch.sent).toHaveLength(PARTS - resumedParts)
  expect(await stage.sha256Stored(ended.key)).toBe(film.sha256)
})

test('what a browser began and was closed at, Node ends, with the checksum of the browser', async () => {
  const film = await stage.file('from-browser.mov', PARTS * PART_BYTES)
  const { page } = await stage.open()
  const watch = stage.watch('from-browser.mov')
  watch.hold((part) => part > 3)
  await choose(page, film.path)
  await storedShown(page, 'from-browser.mov', 3)
  await page.context().close()
  const stored = watch.stored.slice()
  watch.holdNoMore()
  const held = await unfinished('from-browser.mov')

  const client = createClient({ url: stage.apiUrl, state: join(stage.folder, 'another-state') })
  const source = await openFile(film.path)
  try {
    const upload = client.upload(source, { resume: 'search' })
    const resumed = new Promise<number>((resolve) => upload.on('resumed', ({ parts }) => resolve(parts)))
    const sent: number[] = []
    upload.on('part', ({ partNumber, state }) => {
      if (state === 'sending') sent.push(partNumber)
    })
    const { key, verified, checksum } = await upload.result
    expect({ key, verified, algorithm: checksum?.algorithm }).toEqual({
      key: held.key,
      verified: 'checksum',
      algorithm: 'CRC64NVME',
    })
    expect(sent.filter((partNumber) => stored.includes(partNumber))).toEqual([])
    // What was under way when the page was closed may have arrived since.
    expect(await resumed).toBeGreaterThanOrEqual(held.parts)
    expect(sent).toHaveLength(PARTS - (await resumed))
    expect(await stage.sha256Stored(key)).toBe(film.sha256)
  } finally {
    client.close()
    await source.close()
  }
})

async function unfinished(fileName: string): Promise<{ key: string; parts: number }> {
  type Uploads = { uploads: { key: string; fileName: string; parts: number }[] }
  const { uploads } = await stage.api<Uploads>('GET', '/uploads?details=1')
  const found = uploads.find((upload) => upload.fileName === fileName)
  if (!found) throw new Error(`Expected an unfinished upload of ${fileName}.`)
  expect(found.parts).toBeGreaterThanOrEqual(3)
  expect(found.parts).toBeLessThan(PARTS)
  return found
}

/** A page of the API's origin that holds the browser's client and nothing else. */
async function openClientPage(): Promise<Page> {
  const client = JSON.stringify(join(import.meta.dirname, '../../client/browser/index.ts'))
  const { outputFiles } = await build({
    stdin: {
      contents: `
        import { createClient } from ${client}
        window.goOn = async () => {
          const { files: [file] } = document.querySelector('input')
          const upload = createClient({ url: location.origin }).upload(file, { resume: 'search' })
          let resumedParts = 0
          upload.on('resumed', ({ parts }) => { resumedParts = parts })
          const { key, verified, checksum } = await upload.result
          return { key, verified, algorithm: checksum?.algorithm, resumedParts }
        }`,
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    format: 'iife',
    target: 'es2022',
    write: false,
  })
  const { page } = await stage.open({ bypassCSP: true })
  await page.setContent('<input type="file">')
  await page.addScriptTag({ content: outputFiles[0]?.text ?? '' })
  return page
}
