import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from '../browser/chromium.ts'
import { serve } from '../client/servers.ts'

const MIB = 1024 * 1024
const SLICES = 300

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'partway-collected-'))
})
afterAll(() => rm(folder, { recursive: true }))

test('a page that collects garbage all the time hashes every slice to its end', async () => {
  const path = join(folder, 'film.mov')
  await writeFile(path, randomBytes(16 * MIB))
  const script = await hashingScript()
  const url = await serve((_, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<input type="file">'),
  )
  const browser = await launchChromium({ args: ['--js-flags=--expose-gc'] })
  try {
    const page = await browser.newPage()
    await page.goto(url)
    await page.addScriptTag({ content: script })
    await page.setInputFiles('input', path)
    expect(await page.evaluate((slices) => window.hashSlices(slices), SLICES)).toBe(SLICES)
  } finally {
    await browser.close()
  }
})

declare global {
  interface Window {
    hashSlices(slices: number): Promise<number>
  }
}

/** Five lanes that hash slices of 2 MiB, on the page's thread: a worker's garbage is its own, and nobody can have it collected. */
async function hashingScript(): Promise<string> {
  const hasher = JSON.stringify(join(import.meta.dirname, '../../client/browser/hash-blob.ts'))
  const crc = JSON.stringify(join(import.meta.dirname, '../../checksums/crc.ts'))
  const { outputFiles } = await build({
    stdin: {
      contents: `
        import { hashBlob } from ${hasher}
        import { createCrc } from ${crc}
        window.hashSlices = async (slices) => {
          const { files: [file] } = document.querySelector('input')
          const { signal } = new AbortController()
          const collecting = setInterval(gc, 5)
          let next = 0
          let hashed = 0
          const lane = async () => {
            while (next < slices) {
              const start = (next++ * ${2 * MIB}) % file.size
              await hashBlob(file.slice(start, start + ${2 * MIB}), { crc: createCrc('CRC64NVME') }, signal)
              hashed++
            }
          }
          await Promise.all([1, 2, 3, 4, 5].map(lane))
          clearInterval(collecting)
          return hashed
        }`,
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    format: 'iife',
    target: 'es2022',
    write: false,
  })
  return outputFiles[0]?.text ?? ''
}
